"""Goods that do not reach their shopper: parcels that came back, and parcels that will not be sent.

Their lines come back without anybody's decision, and what was paid for them goes back. With the last of them the order
has ended (8.4); the others go on without them.
"""

from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.orders import charges, queries
from api.orders.returned import Reception
from api.orders.service.lifecycle import cancel, note_delivered, note_shipped
from api.orders.service.returns import Back, kept_of, line_of, receive, take_back
from api.orders.states import FINAL, after
from streams.events.orders import ReturnedLine

_LAST = text(
    "SELECT id, carrier, tracking_number, delivered_at FROM shipments WHERE order_id = :order_id "
    "AND CASE WHEN :arrived THEN status = 'delivered' ELSE kind = 'outbound' AND status NOT IN "
    "('pending', 'cancelled') END ORDER BY delivered_at DESC NULLS LAST, shipped_at DESC LIMIT 1"
)
_REPLACED = text(
    "SELECT i.order_item_id AS id, CAST(sum(i.quantity) AS int) AS units "
    "FROM shipments s JOIN shipment_items i ON i.shipment_id = s.id WHERE s.order_id = :order_id "
    "AND s.kind = 'replacement' AND s.status NOT IN ('returned', 'cancelled') GROUP BY 1"
)
_REPLACED_STATUS = text(
    "SELECT status FROM shipments WHERE order_id = :order_id AND seller_id = :seller_id AND kind = 'outbound'"
)
_ASKED = text(
    "SELECT CAST(item ->> 'order_item_id' AS uuid) AS id, CAST(item ->> 'quantity' AS int) AS units, "
    "CAST(item ->> 'seller_id' AS uuid) AS seller_id "
    "FROM order_returns r, jsonb_array_elements(r.items) AS item "
    "WHERE r.order_id = :order_id AND r.status = 'requested'"
)
_OPEN = text("SELECT id, items, shipping FROM order_returns WHERE order_id = :order_id AND status = 'requested'")
_LESS = text(
    "UPDATE order_returns SET items = CAST(:items AS jsonb), shipping = CAST(:shipping AS jsonb), "
    "refund_minor = :refund_minor, updated_at = now() WHERE id = :id"
)
_NOTE = text(
    "INSERT INTO order_returns (id, order_id, user_id, reason, items, shipping, refund_minor, status, restock, "
    "received_at) VALUES (:id, :order_id, :user_id, 'other', CAST(:items AS jsonb), CAST(:shipping AS jsonb), "
    ":refund_minor, 'received', false, :moment)"
)


class Parcel(NamedTuple):
    """A seller's parcel that does not arrive; `sent`: it left and came back."""

    order_id: UUID
    seller_id: UUID
    sent: bool


async def note_came_back(conn: AsyncConnection, order_id: UUID, seller_id: UUID) -> None:
    """A parcel came back: what was paid for its goods goes back, the goods wait for the seller."""
    await _go_on(conn, Parcel(order_id, seller_id, sent=True))


async def note_replaced(conn: AsyncConnection, order_id: UUID) -> None:
    """What replaces goods has arrived: of an order whose parcels came back it is what the shopper waited for."""
    await _deliver_rest(conn, order_id)


async def note_came_back_too(conn: AsyncConnection, order_id: UUID, seller_id: UUID) -> None:
    """What replaces goods came back or is not sent: when they did not arrive as well, their money goes back now."""
    status = await conn.scalar(_REPLACED_STATUS, {"order_id": order_id, "seller_id": seller_id})
    if status in ("returned", "cancelled"):
        await _go_on(conn, Parcel(order_id, seller_id, sent=status == "returned"))


async def note_not_sent(conn: AsyncConnection, order_id: UUID, seller_id: UUID, *, by: str) -> None:
    """A parcel was called off by its seller or an operator: what was paid for its goods and its way goes back.

    The last one that an order had takes the order with it.
    """
    order = await queries.locked(conn, order_id)
    if order.status in FINAL:
        return
    if (await queries.open_parcels(conn, order_id)).all == 0:
        await cancel(conn, order_id, reason="operator" if by == "operator" else "seller_request", by=by)
        return
    await _go_on(conn, Parcel(order_id, seller_id, sent=False))


async def _go_on(conn: AsyncConnection, gone: Parcel) -> None:
    """What the order waited for is that the others leave and arrive: they may have by now."""
    await _ship_rest(conn, gone.order_id)
    await _take_out(conn, gone)
    await _note(conn, gone)
    await _take_asked(conn, gone.order_id)
    await _deliver_rest(conn, gone.order_id)


async def _ship_rest(conn: AsyncConnection, order_id: UUID) -> None:
    order = await queries.locked(conn, order_id)
    if order.status == "processing" and (await queries.open_parcels(conn, order_id)).waiting == 0:
        left = (await conn.execute(_LAST, {"order_id": order_id, "arrived": False})).one()
        await note_shipped(conn, order_id, left.id, left.carrier, left.tracking_number)


async def _deliver_rest(conn: AsyncConnection, order_id: UUID) -> None:
    order = await queries.locked(conn, order_id)
    if not after("deliver", order.status) or (await queries.open_parcels(conn, order_id)).undelivered:
        return
    arrived = (await conn.execute(_LAST, {"order_id": order_id, "arrived": True})).one_or_none()
    if arrived is not None:
        await note_delivered(conn, order_id, arrived.id, arrived.delivered_at)


async def _take_out(conn: AsyncConnection, gone: Parcel) -> None:
    """Of a return that others' goods have part in, what does not arrive is no part: there is nothing to decide."""
    order = await queries.locked(conn, gone.order_id)
    asked = (await conn.execute(_OPEN, {"order_id": gone.order_id})).one_or_none()
    lines = msgspec.convert(asked.items, tuple[ReturnedLine, ...]) if asked and order.status not in FINAL else ()
    rest = tuple(line for line in lines if line.seller_id != gone.seller_id)
    if asked and 0 < len(rest) < len(lines):
        shipping = {UUID(seller): minor for seller, minor in asked.shipping.items() if UUID(seller) != gone.seller_id}
        await conn.execute(_LESS, {"id": asked.id, **Back(rest, shipping).columns})


async def _note(conn: AsyncConnection, gone: Parcel) -> None:
    """Its lines as a return that nobody asked for, without those that the shopper has asked to return."""
    order = await queries.locked(conn, gone.order_id)
    lines = await _lines(conn, gone) if order.status not in FINAL else ()
    if not lines:
        return
    shipping = {} if gone.sent else await _way(conn, order, gone.seller_id)
    back, return_id = Back(lines, shipping), ids.new()
    of = {"id": return_id, "order_id": order.id, "user_id": order.user_id, "moment": ids.now()}
    await conn.execute(_NOTE, of | back.columns)
    await take_back(conn, order, return_id, "other", back)


async def _take_asked(conn: AsyncConnection, order_id: UUID) -> None:
    """Accept the return that the shopper has asked for, when none of its goods arrived: there is nothing to decide."""
    order = await queries.locked(conn, order_id)
    rows = (await conn.execute(_ASKED, {"order_id": order_id})).all()
    asked, again = {row.seller_id for row in rows}, await _sent_again(conn, order_id)
    if not asked or order.status in FINAL or any(row.id in again for row in rows):
        return
    if asked <= await queries.undelivered_sellers(conn, order_id):
        await receive(conn, order_id, Reception(accepted=True), seller_id=None)


async def _lines(conn: AsyncConnection, gone: Parcel) -> tuple[ReturnedLine, ...]:
    """What is left of the seller's lines, at what was paid for it: nothing in cash that was not taken.

    Not what is sent again: the shopper gets the goods, or has them.
    """
    found = await conn.execute(_ASKED, {"order_id": gone.order_id})
    others = {row.id: row.units for row in found}
    for line, units in (await _sent_again(conn, gone.order_id)).items():
        others[line] = others.get(line, 0) + units
    kept, paid = await kept_of(conn, gone.order_id, {gone.seller_id}), await _paid(conn, gone.order_id)
    own = [row for row in await queries.lines(conn, gone.order_id) if row.seller_id == gone.seller_id]
    left = [(row, row.quantity - row.returned_quantity - others.get(row.id, 0)) for row in own]
    lines = [line_of(row, units, kept[row.id]) for row, units in left if units > 0]
    return tuple(line if paid else msgspec.structs.replace(line, refund_minor=0) for line in lines)


async def _sent_again(conn: AsyncConnection, order_id: UUID) -> dict[UUID, int]:
    """Units by line of what replaces goods; not of those for cash, which nobody would be paid for."""
    if await queries.in_cash(conn, order_id):
        return {}
    return {row.id: row.units for row in await conn.execute(_REPLACED, {"order_id": order_id})}


async def _paid(conn: AsyncConnection, order_id: UUID) -> bool:
    """Money that is set aside will be taken if others arrive."""
    if await queries.in_cash(conn, order_id):
        return False
    return await queries.money_kept(conn, order_id) > 0 or not await queries.all_came_back(conn, order_id)


async def _way(conn: AsyncConnection, order: Row[Any], seller_id: UUID) -> dict[UUID, int]:
    """What is left of the seller's shipping charge; 0 of one that the shopper paid nothing of."""
    if await queries.in_cash(conn, order.id):
        return {}
    return {one.seller_id: one.left_minor for one in charges.of_order(order) if one.seller_id == seller_id}
