"""Charges: the request is committed before the gateway is asked, its answer afterwards (R-PAY-2)."""

from typing import Any, assert_never
from uuid import UUID

import structlog
from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids, outbox
from api.db import transaction
from api.errors import NotFound, OrderState, PaymentDeclined, PaymentExpired, PaymentState
from api.ledger import service as ledger
from api.orders import queries as orders
from api.payments import queries
from api.payments.gateway import Operation, Reply
from api.payments.guard import Guard
from api.payments.models import payments
from api.payments.service import steps
from streams.events.payments import PaymentFailed, PaymentProcessed

log = structlog.get_logger()

NOT_RECEIVED = "not_received"


async def confirm(pool: AsyncEngine, gateway: Guard, user_id: UUID, payment_id: UUID, token: str) -> Row[Any]:
    """Charge the card; the payment afterwards: success, or processing while the gateway has not decided.

    Raises NotFound, PaymentDeclined, PaymentExpired, PaymentState (not pending), OrderState and GatewayUnavailable
    (nothing was begun).
    """
    with gateway.admission():
        async with transaction(pool) as conn:
            operation = await _request(conn, user_id, payment_id)
        reply = await gateway.answer(lambda: gateway.provider.authorize(operation, token, capture=True))
        if reply.outcome == "unknown":
            reply = await _ask_again(gateway, operation.idempotency_ref)
    async with transaction(pool) as conn:
        payment = await settle(conn, operation.idempotency_ref, reply)
    if payment.status == "failed":
        raise PaymentDeclined(reason=payment.failure_reason, payment_id=payment.id)
    return payment


async def _ask_again(gateway: Guard, idempotency_ref: str) -> Reply:
    """A lost answer is asked for at once; what was not received yet may still be on its way (R-PAY-3)."""
    reply = await gateway.answer(lambda: gateway.provider.query(idempotency_ref), repeats=0)
    return Reply(outcome="unknown") if reply.outcome == "never received" else reply


async def _request(conn: AsyncConnection, user_id: UUID, payment_id: UUID) -> Operation:
    known = await queries.read(conn, payment_id)
    if known.user_id != user_id:
        raise NotFound
    order = await orders.locked(conn, known.order_id)
    payment = await queries.read(conn, payment_id, lock=True)
    if payment.status == "expired" or (payment.status == "pending" and payment.expires_at <= ids.now()):
        raise PaymentExpired(payment_id=payment.id)
    if payment.status != "pending":
        raise PaymentState(payment_id=payment.id, status=payment.status)
    if order.status != "pending":
        raise OrderState(status=order.status)
    operation = Operation(
        idempotency_ref=f"charge:{payment.id}",
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )
    await steps.request(conn, operation, "capture")
    await conn.execute(update(payments).where(payments.c.id == payment.id).values(status="processing"))
    return operation


async def settle(conn: AsyncConnection, idempotency_ref: str, reply: Reply) -> Row[Any]:
    """Write a charge's result with payment, journal and event, once, whoever brings it (R-PAY-6); the payment."""
    operation = await queries.operation(conn, idempotency_ref)
    if operation is None:
        raise NotFound
    payment = await queries.read(conn, operation.payment_id, lock=True)
    if payment.status not in steps.OPEN:
        return payment
    await steps.note(conn, idempotency_ref, reply)
    match reply.outcome:
        case "succeeded":
            await _succeed(conn, payment, reply)
        case "failed":
            await _fail(conn, payment, reply.code or "declined")
        case "never received":
            await _fail(conn, payment, NOT_RECEIVED)
        case "processing" | "unknown":
            log.info("payment undecided", payment_id=str(payment.id), outcome=reply.outcome)
        case _:
            assert_never(reply.outcome)
    return await queries.read(conn, payment.id)


async def _succeed(conn: AsyncConnection, payment: Row[Any], reply: Reply) -> None:
    moment, whole = ids.now(), payment.amount_minor
    cause = ledger.Cause(
        type="payment",
        id=payment.id,
        order_id=payment.order_id,
        currency=payment.currency,
        gateway=payment.gateway,
        at=moment,
    )
    sold = await orders.sold_lines(conn, payment.order_id)
    shipping = await orders.shipping_by_seller(conn, payment.order_id)
    journal = await ledger.post(conn, ledger.of_sale(cause, sold, shipping))
    event = PaymentProcessed(
        payment_id=payment.id,
        order_id=payment.order_id,
        amount_minor=whole,
        currency=payment.currency,
        gateway=payment.gateway,
        payment_method=payment.payment_method,
    )
    money = {"authorized_minor": whole, "captured_minor": whole, "gateway_transaction_id": reply.reference}
    await steps.advance(conn, payment, event, "success", **money)
    await outbox.record(conn, *journal)


async def _fail(conn: AsyncConnection, payment: Row[Any], reason: str) -> None:
    event = PaymentFailed(
        payment_id=payment.id,
        order_id=payment.order_id,
        reason=reason,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )
    await steps.advance(conn, payment, event, "failed", failure_reason=reason)
