"""Units sold of late, as the orders say: they rank products while the stream side's lists and index are away."""

from datetime import timedelta

from sqlalchemy import BigInteger, Subquery, Uuid, column, text

from api import ids

DAYS = timedelta(days=30)

# By the time of the order, which has an index; it is confirmed within the minutes of its hold.
_SOLD = text("""
SELECT i.product_id, sum(i.quantity - i.returned_quantity)::bigint AS units
FROM orders o JOIN order_items i ON i.order_id = o.id
WHERE o.created_at >= :since AND o.confirmed_at IS NOT NULL AND o.status <> 'cancelled'
GROUP BY i.product_id
""")


def units_sold() -> Subquery:
    """Products of the confirmed orders of 30 days, with the `units` that did not come back."""
    rows = _SOLD.bindparams(since=ids.now() - DAYS).columns(column("product_id", Uuid), column("units", BigInteger))
    return rows.subquery("sold")
