"""Goods that were to replace others and do not arrive: what the shopper paid for those goes back (R-ORD-20).

Their parcel is the refund's cause, so it is paid once, whoever called the parcel off or brought it back.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.orders import service as orders
from api.payments import queries
from api.payments.service import refunds
from streams.events.complaints import ComplaintResolved

CAUSE = "replacement"
# Not of goods that were promised once more since, and not of those that nobody has any of: these are a return of their
# own (`orders.note_came_back_too`).
_UNKEPT = text("""
SELECT s.id, l.id AS line, l.total_minor, l.quantity, g.quantity AS units
FROM shipments s JOIN shipment_items g ON g.shipment_id = s.id JOIN order_items l ON l.id = g.order_item_id
WHERE s.order_id = :order_id AND s.kind = 'replacement' AND s.status IN ('returned', 'cancelled')
  AND NOT EXISTS (SELECT FROM refunds r WHERE r.cause_type = 'replacement' AND r.cause_id = s.id)
  AND NOT EXISTS (
    SELECT FROM shipments n JOIN shipment_items m ON m.shipment_id = n.id
    WHERE n.order_id = s.order_id AND m.order_item_id = l.id AND n.kind = 'replacement'
      AND n.status NOT IN ('returned', 'cancelled') AND (n.id > s.id OR n.status = 'pending'))
  AND EXISTS (
    SELECT FROM shipments n JOIN shipment_items m ON m.shipment_id = n.id
    WHERE n.order_id = s.order_id AND m.order_item_id = l.id
      AND CASE n.kind WHEN 'outbound' THEN n.status NOT IN ('returned', 'cancelled') ELSE n.status = 'delivered' END)
ORDER BY s.id, l.line_no
""")


async def give_unreplaced(conn: AsyncConnection, order_id: UUID) -> None:
    """Refund by rule what is still paid for goods whose replacement does not arrive; the order must be locked."""
    rows = (await conn.execute(_UNKEPT, {"order_id": order_id})).all()
    for shipment_id, lines in groupby(rows, key=lambda row: row.id):
        due = await _due(conn, order_id, list(lines))
        if due:
            await refunds.follow(conn, _wish(order_id, shipment_id, due))


async def _due(conn: AsyncConnection, order_id: UUID, lines: Sequence[Row[Any]]) -> int:
    """The price of the parcel's units, and no more than their lines still cost, beside accepted returns."""
    owed = [orders.Claim(row.refund_minor, "return", row.id) for row in await queries.returns_owed(conn, order_id)]
    promised = [*await queries.promised(conn, order_id), *owed]
    free = [await orders.free(conn, order_id, line.line, promised) for line in lines]
    prices = [-(-line.total_minor * line.units // line.quantity) for line in lines]
    return sum(map(min, free, prices))


def _wish(order_id: UUID, shipment_id: UUID, due: int) -> refunds.Wish:
    return refunds.Wish(
        order_id,
        reason_code=ComplaintResolved.name,
        cause_type=CAUSE,
        cause_id=shipment_id,
        amount_minor=due,
        approved_by="rule",
    )
