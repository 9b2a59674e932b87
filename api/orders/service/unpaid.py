"""Orders and lines that cost the shopper nothing: no payment books them and no refund takes them back (R-ORD-24)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.ledger import queries as books
from api.ledger import service as ledger
from api.orders import queries
from api.orders.placed import Placed
from streams.events.orders import OrderCancelled, OrderReturned

# Returns of an order follow one another, and so do their ids.
_BEFORE = text("""
SELECT CAST(item ->> 'order_item_id' AS uuid) AS order_item_id, CAST(sum((item ->> 'quantity')::int) AS int) AS units
FROM order_returns r, jsonb_array_elements(r.items) AS item
WHERE r.order_id = :order_id AND r.status = 'received' AND r.id < :return_id
GROUP BY 1
""")


async def book(conn: AsyncConnection, placed: Placed) -> None:
    """Book the sale of an order without a payment: what sellers and platform gave, and the commission on it."""
    cause = ledger.Cause(type="order", id=placed.id, order_id=placed.id, currency=placed.currency, at=placed.at)
    journal = await ledger.post(conn, ledger.of_sale(cause, placed.quote.sold(placed.goods)))
    await outbox.record(conn, *journal)


async def unbook_cancelled(conn: AsyncConnection, fact: OrderCancelled) -> None:
    """Take the books of an order without a payment back; those of any other go back with its money."""
    order = await queries.locked(conn, fact.order_id)
    if fact.from_status != "pending" and order.total_minor == 0:
        back = [
            ledger.RefundedLine(sold=line, amount_minor=0, units=line.quantity)
            for line in await queries.sold_lines(conn, order.id)
        ]
        await _unbook(conn, order, "cancel", order.id, back)


async def unbook_returned(conn: AsyncConnection, fact: OrderReturned) -> None:
    """Take back the books of returned lines that had cost nothing; there is no refund that would."""
    rows = await conn.execute(_BEFORE, {"order_id": fact.order_id, "return_id": fact.return_id})
    before = {row.order_item_id: row.units for row in rows}
    units = {line.order_item_id: line.quantity for line in fact.items}
    back = [
        ledger.RefundedLine(
            sold=line, amount_minor=0, units=units[line.order_item_id], units_before=before.get(line.order_item_id, 0)
        )
        for line in await queries.sold_lines(conn, fact.order_id)
        if line.total_minor == 0 and line.order_item_id in units
    ]
    await _unbook(conn, await queries.read(conn, fact.order_id), "return", fact.return_id, back)


async def _unbook(
    conn: AsyncConnection, order: Row[Any], kind: str, cause_id: UUID, back: list[ledger.RefundedLine]
) -> None:
    """Nothing, when the sale was never booked (its cash was not taken at the door), or was taken back before."""
    if not await books.sold(conn, order.id) or await books.taken_back(conn, kind, cause_id):
        return
    cause = ledger.Cause(type=kind, id=cause_id, order_id=order.id, currency=order.currency, at=ids.now())
    await outbox.record(conn, *await ledger.post(conn, ledger.of_refund(cause, back)))
