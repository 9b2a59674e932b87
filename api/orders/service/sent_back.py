"""When goods that come back bring their shipping with them (R-ORD-22).

A seller's shipping goes back when everything of that seller's parcel comes back for a fault that is not the shopper's,
in one return or in several.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.orders import charges
from streams.events.orders import ReturnedLine

FAULTS = ("defect", "wrong_item", "damaged", "missing")

_FAULTY = text("""
SELECT CAST(item ->> 'order_item_id' AS uuid) AS id, CAST(sum((item ->> 'quantity')::int) AS int) AS units
FROM order_returns r, jsonb_array_elements(r.items) AS item
WHERE r.order_id = :order_id AND r.status = 'received' AND r.reason = ANY(:faults)
GROUP BY 1
""")


async def shipping_of(
    conn: AsyncConnection, order: Row[Any], rows: Sequence[Row[Any]], lines: Sequence[ReturnedLine], reason: str
) -> dict[UUID, int]:
    """By seller what goes back of the charges with these lines of a locked order: with what completes each parcel.

    0 of a charge that the shopper paid nothing of: it goes back to the platform.
    """
    charged = charges.of_order(order)
    if reason not in FAULTS or not charged:
        return {}
    found = await conn.execute(_FAULTY, {"order_id": order.id, "faults": list(FAULTS)})
    units = {row.id: row.units for row in found}
    for line in lines:
        units[line.order_item_id] = units.get(line.order_item_id, 0) + line.quantity
    kept = {row.seller_id for row in rows if units.get(row.id, 0) < row.quantity}
    sent_back = {line.seller_id for line in lines} - kept
    return {charge.seller_id: charge.left_minor for charge in charged if charge.seller_id in sent_back}
