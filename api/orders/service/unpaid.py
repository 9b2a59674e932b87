"""Orders, lines and shipping that cost the shopper nothing: no payment books them and no refund takes them back.

R-ORD-24.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.ledger import queries as books
from api.ledger import service as ledger
from api.orders import charges, queries
from api.orders.placed import Placed
from api.orders.service.money import GivenBack
from streams.events.orders import OrderCancelled, OrderReturned

# Returns of an order follow one another, and so do their ids.
_BEFORE = text("""
SELECT CAST(item ->> 'order_item_id' AS uuid) AS order_item_id, CAST(sum((item ->> 'quantity')::int) AS int) AS units
FROM order_returns r, jsonb_array_elements(r.items) AS item
WHERE r.order_id = :order_id AND r.status = 'received' AND r.id < :return_id
GROUP BY 1
""")
_RECEIVED = text("SELECT id, items FROM order_returns WHERE order_id = :order_id AND status = 'received' ORDER BY id")
_SENT = text("SELECT jsonb_object_keys(shipping) FROM order_returns WHERE id = :id")


async def book(conn: AsyncConnection, placed: Placed) -> None:
    """Book the sale of an order without a payment: what sellers and platform gave, and the commission on it."""
    cause = ledger.Cause(type="order", id=placed.id, order_id=placed.id, currency=placed.currency, at=placed.at)
    sale = ledger.of_sale(cause, placed.quote.sold(placed.goods), charges.booked(placed.quote.shipping))
    journal = await ledger.post(conn, sale)
    await outbox.record(conn, *journal)


async def unbook_cancelled(conn: AsyncConnection, fact: OrderCancelled) -> None:
    """Take the books of an order without a payment back; those of any other go back with its money."""
    order = await queries.locked(conn, fact.order_id)
    if fact.from_status != "pending" and order.total_minor == 0:
        back = [
            ledger.RefundedLine(
                sold=queries.sold(row),
                amount_minor=0,
                units=row.quantity - row.returned_quantity,
                units_before=row.returned_quantity,
            )
            for row in await queries.lines(conn, order.id)
        ]
        gone = await queries.shipping_back(conn, order.id)
        booked = charges.booked(charges.of_order(order))
        sent = [ledger.ChargeBack(charge=one, amount_minor=0) for one in booked if one.seller_id not in gone]
        await _unbook(conn, order, "cancel", order.id, GivenBack(back, sent))


async def unbook_returned(conn: AsyncConnection, fact: OrderReturned) -> None:
    """Take back the books of returned lines that had cost nothing; there is no refund that would."""
    units = {line.order_item_id: line.quantity for line in fact.items}
    await _unbook_goods(conn, await queries.read(conn, fact.order_id), fact.return_id, units)


async def unbook_late(conn: AsyncConnection, order: Row[Any]) -> None:
    """The same of all that came back before the order's sale was booked."""
    for row in (await conn.execute(_RECEIVED, {"order_id": order.id})).all():
        units = {UUID(item["order_item_id"]): int(item["quantity"]) for item in row.items}
        await _unbook_goods(conn, order, row.id, units)


async def _unbook_goods(conn: AsyncConnection, order: Row[Any], return_id: UUID, units: Mapping[UUID, int]) -> None:
    rows = await conn.execute(_BEFORE, {"order_id": order.id, "return_id": return_id})
    before = {row.order_item_id: row.units for row in rows}
    back = [
        ledger.RefundedLine(
            sold=line, amount_minor=0, units=units[line.order_item_id], units_before=before.get(line.order_item_id, 0)
        )
        for line in await queries.sold_lines(conn, order.id)
        if line.total_minor == 0 and line.order_item_id in units
    ]
    await _unbook(conn, order, "return", return_id, GivenBack(back, await _sent_free(conn, order, return_id)))


async def _sent_free(conn: AsyncConnection, order: Row[Any], return_id: UUID) -> list[ledger.ChargeBack]:
    """The shipping that goes back with a return and was free to the shopper."""
    sent = (await conn.execute(_SENT, {"id": return_id})).scalars().all()
    return [
        ledger.ChargeBack(charge=one, amount_minor=0)
        for one in charges.booked(charges.of_order(order))
        if one.charged_minor == 0 and str(one.seller_id) in sent
    ]


async def _unbook(conn: AsyncConnection, order: Row[Any], kind: str, cause_id: UUID, back: GivenBack) -> None:
    """Nothing of what was never booked (its cash was not taken at the door), or was taken back before."""
    if await books.taken_back(conn, kind, cause_id):
        return
    booked = await books.standing(conn, order.id)
    lines = [line for line in back.lines if line.sold.order_item_id in booked]
    sent = [one for one in back.shipping if one.charge.seller_id in booked]
    cause = ledger.Cause(type=kind, id=cause_id, order_id=order.id, currency=order.currency, at=ids.now())
    await outbox.record(conn, *await ledger.post(conn, ledger.of_refund(cause, lines, sent)))
