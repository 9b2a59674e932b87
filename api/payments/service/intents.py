"""Payments before the gateway is asked: begun for a pending order, run out, or called off."""

from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import NotFound, OrderState, PaymentExists, PaymentState
from api.orders import queries as orders
from api.outbox import Fact
from api.payments import queries
from api.payments.gateways import GATEWAY_OF
from api.payments.models import payments
from api.payments.service import steps
from streams.events.payments import PaymentCancelled, PaymentCreated, PaymentExpired


async def begin(conn: AsyncConnection, user_id: UUID, order_id: UUID, method: str | None = None) -> Row[Any]:
    """The payment of a pending order, begun now when there is none; one an order, and a decline is final (R-PAY-5).

    Raises NotFound, PaymentExists (paid already), PaymentState (declined or run out: check out again) and OrderState
    (not pending, or its hold has ended).
    """
    order = await orders.locked(conn, order_id)
    if order.user_id != user_id:
        raise NotFound
    for payment in await queries.attempts(conn, order_id):
        if payment.status in queries.GONE:
            raise PaymentState(payment_id=payment.id, status=payment.status)
        if payment.status not in steps.OPEN:
            raise PaymentExists(payment_id=payment.id, status=payment.status)
        return payment
    if order.status != "pending" or order.hold_expires_at <= ids.now():
        raise OrderState(status=order.status)
    return await _create(conn, order, method or order.payment_method)


async def _create(conn: AsyncConnection, order: Row[Any], method: str) -> Row[Any]:
    payment_id = ids.new()
    values = {
        "id": payment_id,
        "order_id": order.id,
        "user_id": order.user_id,
        "payment_method": method,
        "gateway": GATEWAY_OF[method],
        "client_secret": token_urlsafe(24),
        "amount_minor": order.total_minor,
        "currency": order.currency,
        "expires_at": order.hold_expires_at,
    }
    await conn.execute(insert(payments).values(values))
    payment = await queries.read(conn, payment_id)
    event = PaymentCreated(
        payment_id=payment.id,
        order_id=order.id,
        payment_method=payment.payment_method,
        gateway=payment.gateway,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        expires_at=payment.expires_at,
    )
    await outbox.record(conn, Fact(event, seq=1))
    return payment


async def expire(conn: AsyncConnection, payment_id: UUID) -> None:
    """End a payment that nobody confirmed in time; the gateway was never asked for it."""
    payment = await queries.read(conn, payment_id, lock=True)
    if payment.status == "pending":
        await steps.advance(conn, payment, PaymentExpired(payment_id=payment.id, order_id=payment.order_id), "expired")


async def call_off(conn: AsyncConnection, order_id: UUID, cause: str) -> None:
    """End the order's payment because the order ended, cash that was promised too.

    One that the gateway is deciding on is left to its result, money that it set aside to `authorized.void`.
    """
    live = await queries.live(conn, order_id)
    if live is None:
        return
    payment = await queries.read(conn, live.id, lock=True)
    promised = payment.gateway == "cod" and payment.status == "processing"
    if payment.status == "pending" or promised:
        event = PaymentCancelled(payment_id=payment.id, order_id=order_id, cause=cause)
        await steps.advance(conn, payment, event, "cancelled", authorized_minor=0)
