"""The steps of an order's life after checkout; each takes the order's lock, checks that it is legal, and tells it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import InsufficientStock, OrderNotCancellable, OrderState
from api.inventory import service as inventory
from api.orders import kept, queries
from api.orders.models import orders
from api.orders.service.checkout import HOLD
from api.orders.states import Status, Step, after
from api.outbox import Fact
from streams.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderEvent,
    OrderProcessingStarted,
    OrderRefunded,
    OrderShipped,
    OrderValidated,
    ValidationError,
)

Confirmation = Literal["confirmed", "confirmed before", "impossible", "over"]


async def confirm(
    conn: AsyncConnection, order_id: UUID, payment_id: UUID | None, *, method: str, captured: bool = True
) -> Confirmation:
    """Money stands: pending becomes paid, or processing when it is promised only (S7).

    A hold that ran out is taken anew (R-ORD-13). The `method` that it was paid by is the order's from now on.

    "impossible": the stock is gone and the order is cancelled by this call; "over": it had ended before. In both
    cases the money has to go back (C2).
    """
    order = await queries.locked(conn, order_id)
    if order.status != "pending":
        return "over" if order.status == "cancelled" else "confirmed before"
    try:
        await _hold_again(conn, order_id)
    except InsufficientStock as problem:
        await _find_impossible(conn, order, problem)
        return "impossible"
    step: Step = "confirm" if captured else "accept"
    event = OrderConfirmed(
        order_id=order_id,
        status="paid" if captured else "processing",
        payment_id=payment_id,
        payment_method=method,
    )
    columns = {"confirmed_at": ids.now(), "payment_method": method, "hold_expires_at": None}
    await _advance(conn, order, step, event, **columns)
    return "confirmed"


async def _hold_again(conn: AsyncConnection, order_id: UUID) -> None:
    """Where the goods leave the stock in the same transaction, that finds out whether they are held."""
    if not kept.followed(conn) and not await inventory.stands(conn, order_id):
        held = await inventory.reserve(
            conn,
            order_id=order_id,
            cause_type="checkout",
            cause_id=order_id,
            items=await queries.goods(conn, order_id),
            expires_at=ids.now() + HOLD,
        )
        await outbox.record(conn, *held.facts)


async def _find_impossible(conn: AsyncConnection, order: Row[Any], problem: InsufficientStock) -> None:
    errors = tuple(ValidationError(code=problem.slug, product_id=item.product_id) for item in problem.shortages)
    verdict = OrderValidated(order_id=order.id, is_valid=False, validation_errors=errors)
    await _tell(conn, order, verdict)
    await cancel(conn, order.id, reason="stock_unavailable", by="reactor")


async def start_processing(conn: AsyncConnection, order_id: UUID, shipment_ids: tuple[UUID, ...]) -> None:
    """The order's parcels are being prepared (S8)."""
    order = await queries.locked(conn, order_id)
    if after("start_processing", order.status):
        event = OrderProcessingStarted(order_id=order_id, shipment_ids=shipment_ids)
        await _advance(conn, order, "start_processing", event)


async def note_shipped(
    conn: AsyncConnection, order_id: UUID, shipment_id: UUID, carrier: str | None, tracking_number: str | None
) -> None:
    """A parcel has left; with the last one the order is shipped."""
    order = await queries.locked(conn, order_id)
    parcels = await queries.open_parcels(conn, order_id)
    fully = parcels.waiting == 0
    event = OrderShipped(
        order_id=order_id,
        shipment_id=shipment_id,
        carrier=carrier,
        tracking_number=tracking_number,
        fully_shipped=fully,
    )
    if fully and after("ship", order.status):
        await _advance(conn, order, "ship", event, shipped_at=parcels.last_left_at or ids.now())
    else:
        await _tell(conn, order, event)


async def note_delivered(conn: AsyncConnection, order_id: UUID, shipment_id: UUID, delivered_at: datetime) -> None:
    """A parcel has arrived; with the last one the order is delivered."""
    order = await queries.locked(conn, order_id)
    parcels = await queries.open_parcels(conn, order_id)
    fully, last = parcels.undelivered == 0, max(parcels.last_came_at or delivered_at, delivered_at)
    event = OrderDelivered(order_id=order_id, shipment_id=shipment_id, delivered_at=delivered_at, fully_delivered=fully)
    if fully and after("deliver", order.status):
        await _advance(conn, order, "deliver", event, delivered_at=last)
    else:
        await _tell(conn, order, event)


async def cancel(conn: AsyncConnection, order_id: UUID, *, reason: str, by: str, note: str | None = None) -> bool:
    """End an order before shipping; False when it was cancelled before. OrderNotCancellable once it has gone too far.

    Stock, money, parcels and cart follow by reactions to `order.cancelled`.
    """
    order = await queries.locked(conn, order_id)
    if order.status == "cancelled":
        return False
    if not after("cancel", order.status) or await queries.picked_up(conn, order_id):
        raise OrderNotCancellable(status=order.status)
    event = OrderCancelled(
        order_id=order_id,
        cancellation_reason=reason,
        cancelled_by=by,
        from_status=order.status,
        refund_due_minor=await queries.money_kept(conn, order_id),
        currency=order.currency,
    )
    why = {"cancellation_reason": reason, "cancellation_note": note, "cancelled_by": by}
    await _advance(conn, order, "cancel", event, hold_expires_at=None, cancelled_at=ids.now(), **why)
    return True


async def end_unpaid(conn: AsyncConnection, order_id: UUID, *, reason: str, by: str) -> bool:
    """Cancel a pending order that no live payment stands for; False when there is nothing to end (R-ORD-11, 12)."""
    order = await queries.locked(conn, order_id)
    if order.status != "pending" or await queries.being_paid(conn, order_id):
        return False
    return await cancel(conn, order_id, reason=reason, by=by)


async def note_refunded(
    conn: AsyncConnection, order_id: UUID, refund_id: UUID, amount_minor: int, *, full: bool, by_return: bool
) -> None:
    """Money went back. A full refund without a return ends the order; ended ones are left as they are (8.4)."""
    order = await queries.locked(conn, order_id)
    if order.status == "cancelled":
        return
    event = OrderRefunded(
        order_id=order_id, refund_id=refund_id, amount_minor=amount_minor, currency=order.currency, full=full
    )
    if full and not by_return and after("refund", order.status):
        await _advance(conn, order, "refund", event)
    else:
        await _tell(conn, order, event)


async def _advance(conn: AsyncConnection, order: Row[Any], step: Step, event: OrderEvent, **columns: Any) -> None:
    status: Status | None = after(step, order.status)
    if status is None:
        raise OrderState(status=order.status)
    await _tell(conn, order, event, status=status, **columns)


async def _tell(conn: AsyncConnection, order: Row[Any], event: OrderEvent, **columns: Any) -> None:
    version = order.version + 1
    changed = {"version": version, "updated_at": ids.now(), **columns}
    if not kept.change(conn, order, changed):
        await conn.execute(update(orders).where(orders.c.id == order.id).values(changed))
    await outbox.record(conn, Fact(event, seq=version))
