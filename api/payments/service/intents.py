"""Payments before the gateway is asked: begun for a pending order, run out, or called off."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids, outbox
from api.db import transaction
from api.errors import GatewayUnavailable, NotFound, OrderState, PaymentDeclined, PaymentExists, PaymentState
from api.orders import queries as orders
from api.outbox import Fact
from api.payments import queries
from api.payments.gateway import Operation, Reply
from api.payments.gateways import Gateways
from api.payments.keyed import Keyed
from api.payments.models import payments
from api.payments.paying import Payment
from api.payments.service import charges, promptly, steps
from api.payments.service.wishes import Intent
from streams.events.payments import PaymentCancelled, PaymentExpired


async def begin(pool: AsyncEngine, gateways: Gateways, wish: Intent, key: Keyed) -> Row[Any] | Payment:
    """The payment of a pending order, begun now when there is none; one an order, and a decline is final (R-PAY-5).

    One that was begun in another way than is asked for now gives way, unless it was opened at its gateway.

    Raises NotFound, PaymentExists (paid already, or about to be), PaymentState (declined or run out: check out again),
    OrderState (not pending, or its hold has ended), ValidationFailed for a gateway that is not there, PaymentDeclined
    for one that does not take the amount, GatewayUnavailable for one that could not be asked: come again for the same
    payment, and Replayed when another call has the key.
    """
    if key.fresh and not gateways.opening(wish.gateway or gateways.first.name):
        opened = await promptly.open_(pool, gateways, wish, key)
        if opened:
            return opened
    await key.take()
    return await _begin(pool, gateways, wish)


async def _begin(pool: AsyncEngine, gateways: Gateways, wish: Intent) -> Row[Any]:
    async with transaction(pool) as conn:
        payment = await _begun(conn, gateways, wish)
    gateway = gateways.opening(payment.gateway)
    if gateway is None or payment.status != "pending" or payment.gateway_transaction_id:
        return payment
    operation = steps.whole(payment, "capture" if wish.capture else "authorize")
    with gateway.admission():
        opened = await gateway.answer(lambda: gateway.provider.prepare(operation))
    if opened.outcome == "unknown":
        raise GatewayUnavailable(gateway=gateway.name, retry_after=1)
    async with transaction(pool) as conn:
        payment = await _opened(conn, operation, opened)
    if payment.status == "failed":
        raise PaymentDeclined(reason=payment.failure_reason, payment_id=payment.id)
    return payment


async def _opened(conn: AsyncConnection, operation: Operation, opened: Reply) -> Row[Any]:
    """Noted as an operation, so that the gateway's webhooks find it although only the shopper's browser spoke to it."""
    payment = await queries.read(conn, operation.payment_id, lock=True)
    if payment.status != "pending" or payment.gateway_transaction_id:
        return payment
    await steps.request(conn, operation)
    if opened.outcome == "failed":
        return await charges.settle(conn, operation.idempotency_ref, opened)
    known = {
        "gateway_transaction_id": opened.reference,
        "client_secret": opened.client_secret or payment.client_secret,
        "next_action": msgspec.to_builtins(opened.next_action),
    }
    return await steps.change(conn, payment.id, known)


async def _begun(conn: AsyncConnection, gateways: Gateways, wish: Intent) -> Row[Any]:
    order = await orders.locked(conn, wish.order_id)
    if order.user_id != wish.user_id:
        raise NotFound
    method = wish.method or order.payment_method
    gateway = gateways.choose(method, wish.gateway)
    for payment in await queries.attempts(conn, order.id):
        if payment.status in queries.GONE:
            raise PaymentState(payment_id=payment.id, status=payment.status)
        if payment.status not in steps.OPEN:
            raise PaymentExists(payment_id=payment.id, status=payment.status)
        if _as_begun(payment, wish):
            return payment
        await _leave(conn, payment.id)
        break
    if order.status != "pending" or order.hold_expires_at <= ids.now():
        raise OrderState(status=order.status)
    chosen = {"payment_method": method, "gateway": gateway, "return_url": wish.return_url}
    return await _create(conn, order, chosen)


def _as_begun(payment: Row[Any], wish: Intent) -> bool:
    """Whether the shopper wants to pay in the way that was begun."""
    return wish.method in (None, payment.payment_method) and wish.gateway in (None, payment.gateway)


async def _leave(conn: AsyncConnection, payment_id: UUID) -> None:
    """The shopper wants to pay otherwise; PaymentExists when the payment may have been made by now."""
    payment = await queries.read(conn, payment_id, lock=True)
    if payment.status != "pending" or payment.gateway_transaction_id:
        raise PaymentExists("It is being paid in the way that was begun.", payment_id=payment.id, status=payment.status)
    event = PaymentCancelled(payment_id=payment.id, order_id=payment.order_id, cause="another_method")
    await steps.advance(conn, payment, event, "cancelled")


async def _create(conn: AsyncConnection, order: Row[Any], chosen: Mapping[str, str | None]) -> Row[Any]:
    payment_id = ids.new()
    values = {
        "id": payment_id,
        "order_id": order.id,
        "user_id": order.user_id,
        **chosen,
        "client_secret": token_urlsafe(24),
        "amount_minor": order.total_minor,
        "currency": order.currency,
        "expires_at": order.hold_expires_at,
    }
    payment: Row[Any] = (await conn.execute(insert(payments).values(values).returning(payments))).one()
    await outbox.record(conn, Fact(steps.created(payment), seq=1))
    return payment


async def expire(conn: AsyncConnection, payment_id: UUID) -> None:
    """End a payment that nobody confirmed in time; the gateway was never asked for it."""
    payment = await queries.read(conn, payment_id, lock=True)
    if payment.status == "pending" and payment.gateway_transaction_id is None:
        await steps.advance(conn, payment, PaymentExpired(payment_id=payment.id, order_id=payment.order_id), "expired")


async def call_off(conn: AsyncConnection, order_id: UUID, cause: str) -> None:
    """End the order's payment because the order ended, cash that was promised too.

    One that the gateway is deciding on is left to its result, money that it set aside to `authorized.void`. One that it
    holds open for the shopper has run out: `abandoned.abandon` calls it off there.
    """
    live = await queries.live(conn, order_id)
    if live is None:
        return
    payment = await queries.read(conn, live.id, lock=True)
    promised = payment.gateway == "cod" and payment.status == "processing"
    open_there = payment.gateway_transaction_id and not payment.authorized_minor
    if open_there and (payment.status == "pending" or payment.next_action):
        ended = update(payments).where(payments.c.id == payment.id).values(expires_at=ids.now())
        await conn.execute(ended)
    elif payment.status == "pending" or promised:
        event = PaymentCancelled(payment_id=payment.id, order_id=order_id, cause=cause)
        await steps.advance(conn, payment, event, "cancelled", authorized_minor=0)
