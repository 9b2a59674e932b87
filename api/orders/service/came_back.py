"""Parcels that came back undelivered: with the last of them the order has ended, without anybody's decision (8.4)."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.orders import queries
from api.orders.service.lifecycle import note_delivered
from api.orders.states import after
from api.outbox import Fact
from streams.events.orders import OrderReturned, ReturnedLine

_ARRIVED = text(
    "SELECT id, delivered_at FROM shipments WHERE order_id = :order_id AND kind = 'outbound' AND status = 'delivered' "
    "ORDER BY delivered_at DESC LIMIT 1"
)
_OPEN_RETURN = text("SELECT EXISTS (SELECT FROM order_returns WHERE order_id = :order_id AND status = 'requested')")
_NOTE = text(
    "INSERT INTO order_returns (id, order_id, user_id, reason, items, refund_minor, status, restock, received_at) "
    "VALUES (:id, :order_id, :user_id, 'other', CAST(:items AS jsonb), :refund_minor, 'received', false, :moment)"
)
_UNITS = text("UPDATE order_items SET returned_quantity = quantity WHERE order_id = :order_id")
_END = text("UPDATE orders SET status = :status, version = :version, updated_at = :moment WHERE id = :order_id")


async def note_came_back(conn: AsyncConnection, order_id: UUID) -> None:
    """End an order of which every parcel came back; what was paid for it goes back, the goods wait for the seller.

    An open return of the shopper's own is left to its reception. When it was the last parcel under way and others have
    arrived, the order is delivered.
    """
    order = await queries.locked(conn, order_id)
    arrived = (await conn.execute(_ARRIVED, {"order_id": order_id})).one_or_none()
    if arrived is not None:
        if after("deliver", order.status) and (await queries.open_parcels(conn, order_id)).undelivered == 0:
            await note_delivered(conn, order_id, arrived.id, arrived.delivered_at)
        return
    of = {"order_id": order_id}
    status = after("return", order.status)
    if status is None or not await queries.all_came_back(conn, order_id) or await conn.scalar(_OPEN_RETURN, of):
        return
    paid = await queries.money_kept(conn, order_id) > 0
    lines = tuple(_line(row, paid=paid) for row in await queries.lines(conn, order_id))
    return_id, refund = ids.new(), sum(line.refund_minor for line in lines)
    moment, items = ids.now(), msgspec.json.encode(lines).decode()
    noted = {"id": return_id, "user_id": order.user_id, "items": items, "refund_minor": refund, "moment": moment}
    await conn.execute(_NOTE, of | noted)
    await conn.execute(_UNITS, of)
    version = order.version + 1
    await conn.execute(_END, of | {"status": status, "version": version, "moment": moment})
    event = OrderReturned(
        order_id=order_id,
        return_id=return_id,
        return_reason="other",
        refund_amount_minor=refund,
        currency=order.currency,
        items=lines,
        full=True,
    )
    await outbox.record(conn, Fact(event, seq=version))


def _line(row: Row[Any], *, paid: bool) -> ReturnedLine:
    return ReturnedLine(
        order_item_id=row.id,
        product_id=row.product_id,
        seller_id=row.seller_id,
        quantity=row.quantity - row.returned_quantity,
        refund_minor=row.total_minor - row.refunded_minor if paid else 0,
    )
