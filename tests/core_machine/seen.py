"""What everybody can see of a run: the rows that the next step may be about, oldest first."""

from typing import Any, NamedTuple

import psycopg

Rows = list[dict[str, Any]]

_LOOK = """
SELECT (SELECT json_agg(json_build_object('id', id, 'user', user_id, 'status', status, 'method', payment_method,
                        'total', total_minor) ORDER BY id) FROM orders) AS orders,
       (SELECT json_agg(json_build_object('id', id, 'order', order_id, 'user', user_id, 'status', status,
                        'method', payment_method, 'amount', amount_minor) ORDER BY id) FROM payments) AS payments,
       (SELECT json_agg(json_build_object('id', id, 'order', order_id, 'seller', seller_id, 'status', status,
                        'number', tracking_number) ORDER BY id) FROM shipments) AS parcels,
       (SELECT json_agg(json_build_object('id', id, 'order', order_id, 'seller', seller_id, 'product', product_id,
                        'quantity', quantity, 'total', total_minor) ORDER BY order_id, line_no) FROM order_items)
                        AS lines,
       (SELECT json_agg(json_build_object('id', id, 'order', order_id, 'status', status) ORDER BY id)
        FROM order_returns) AS returns,
       (SELECT json_agg(json_build_object('id', id, 'order', order_id, 'status', status, 'line', order_item_id)
                        ORDER BY id) FROM complaints) AS complaints,
       (SELECT json_agg(json_build_object('id', id, 'order', order_id, 'status', status) ORDER BY id)
        FROM refunds) AS refunds,
       (SELECT json_agg(json_build_object('ref', o.idempotency_ref, 'status', o.status) ORDER BY o.id)
        FROM payment_operations o JOIN payments p ON p.id = o.payment_id AND p.gateway = 'test') AS operations,
       (SELECT json_agg(json_build_object('id', i.id, 'user', c.user_id) ORDER BY i.id)
        FROM cart_items i JOIN carts c ON c.id = i.cart_id AND c.status IN ('active', 'abandoned')) AS cart,
       (SELECT json_agg(json_build_object('id', id, 'code', code, 'status', status) ORDER BY id)
        FROM promotions) AS promotions,
       (SELECT json_agg(json_build_object('id', id, 'order', order_id, 'status', status) ORDER BY id)
        FROM reservations) AS holds
"""


class Seen(NamedTuple):
    """The rows of a run."""

    orders: Rows
    payments: Rows
    parcels: Rows
    lines: Rows
    returns: Rows
    complaints: Rows
    refunds: Rows
    operations: Rows
    cart: Rows
    promotions: Rows
    holds: Rows


def look(db: psycopg.Connection[Any]) -> Seen:
    """What there is now."""
    row = db.execute(_LOOK, prepare=True).fetchone()
    assert row
    return Seen(*(rows or [] for rows in row))
