"""Goes on with an order from what its rows say: the fact that should have moved it may have been set aside.

It does what the reactions to that fact do. Each of them finds its effect in the rows when it has taken place, so a fact
that arrives after all changes nothing more (R-ORD-9).
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.errors import OrderNotCancellable, OrderState
from api.orders import queries as orders_read
from api.orders import service as orders
from api.payments import queries as payments_read
from api.reactions import order_life
from streams.events.orders import OrderCancelled, OrderConfirmed
from streams.events.payments import PaymentAuthorized, PaymentProcessed

# Who may have cancelled for these reasons, where an old order does not say it; for others nobody but the saga.
_BY: Mapping[str, str] = MappingProxyType(
    {"customer_request": "shopper", "seller_request": "seller", "operator": "operator", "fraud": "operator"}
)


async def resume(conn: AsyncConnection, order: Row[Any]) -> None:
    """Take the step that is due; nothing when it was taken. OrderState when the order waits for nobody here.

    The order must be locked.
    """
    step = _STEPS.get(order.status)
    if step is None:
        raise OrderState("Nothing of this order is left to the saga.", status=order.status)
    await step(conn, order)


async def compensate(conn: AsyncConnection, order: Row[Any], note: str | None) -> None:
    """Cancel the order, or finish that; OrderState once a parcel has left. The order must be locked."""
    try:
        cancelled = await orders.cancel(conn, order.id, reason="operator", by="operator", note=note)
    except OrderNotCancellable as problem:
        raise OrderState("A parcel has left, or it has ended otherwise.", status=order.status) from problem
    if not cancelled:
        await _undo(conn, order)


async def _confirm(conn: AsyncConnection, order: Row[Any]) -> None:
    payment = await payments_read.live(conn, order.id)
    if payment is not None and payment.captured_minor:
        await order_life.confirm_order(conn, PaymentProcessed(**_money(payment)))
    elif payment is not None and payment.authorized_minor:
        set_aside = PaymentAuthorized(**_money(payment), authorized_minor=payment.authorized_minor)
        await order_life.accept_order(conn, set_aside)
    elif payment is not None or order.hold_expires_at is None or order.hold_expires_at > ids.now():
        raise OrderState("It waits for its payment.", status=order.status)
    else:
        await orders.end_unpaid(conn, order.id, reason="payment_expired", by="operator")


def _money(payment: Row[Any]) -> dict[str, Any]:
    names = ("order_id", "payment_method", "gateway", "amount_minor", "currency")
    return {"payment_id": payment.id, **{name: getattr(payment, name) for name in names}}


async def _prepare(conn: AsyncConnection, order: Row[Any]) -> None:
    fact = OrderConfirmed(order_id=order.id, status=order.status, payment_method=order.payment_method)
    for reaction in (order_life.deduct_stock, order_life.convert_cart, order_life.prepare_parcels):
        await reaction(conn, fact)


async def _undo(conn: AsyncConnection, order: Row[Any]) -> None:
    fact = OrderCancelled(
        order_id=order.id,
        cancellation_reason=order.cancellation_reason,
        cancelled_by=order.cancelled_by or _BY.get(order.cancellation_reason, "reactor"),
        from_status="paid" if order.confirmed_at else "pending",
        refund_due_minor=await orders_read.money_kept(conn, order.id),
        currency=order.currency,
    )
    for reaction in (
        order_life.give_stock_back,
        order_life.give_money_back,
        order_life.call_parcels_off,
        order_life.restore_cart,
        order_life.give_uses_back,
        orders.unbook_cancelled,
    ):
        await reaction(conn, fact)


_STEPS: Mapping[str, Callable[[AsyncConnection, Row[Any]], Awaitable[None]]] = MappingProxyType(
    {"pending": _confirm, "paid": _prepare, "processing": _prepare, "cancelled": _undo}
)
