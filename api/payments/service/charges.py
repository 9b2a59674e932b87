"""Charges: the request is committed before the gateway is asked, its answer afterwards (R-PAY-2)."""

from typing import Any, NamedTuple, assert_never
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids, outbox
from api.db import transaction
from api.errors import PaymentDeclined
from api.orders import queries as orders
from api.payments import queries
from api.payments.gateway import Operation, Reply
from api.payments.guard import Guard
from api.payments.models import payments
from api.payments.service import captures, steps
from streams.events.payments import PaymentFailed

log = structlog.get_logger()

NOT_RECEIVED = "not_received"


class Charge(NamedTuple):
    """Which card pays which payment; without `capture` the money is set aside only."""

    user_id: UUID
    payment: Row[Any]
    token: str
    capture: bool = True


async def charge(pool: AsyncEngine, gateway: Guard, asked: Charge) -> Row[Any]:
    """Charge the card; the payment afterwards: success, or processing while gateway or shopper have not decided.

    Raises what `steps.confirmable` raises, PaymentDeclined, and GatewayUnavailable (nothing was begun).
    """
    with gateway.admission():
        async with transaction(pool) as conn:
            operation = await _request(conn, asked)
        reply = await ask(gateway, operation, asked.token)
    return await decide(pool, operation.idempotency_ref, reply)


async def ask(gateway: Guard, operation: Operation, token: str | None) -> Reply:
    """What the gateway says of a charge; a lost answer is asked for at once."""
    reply = await gateway.answer(lambda: gateway.provider.authorize(operation, token))
    return await gateway.ask_again(operation) if reply.outcome == "unknown" else reply


async def decide(pool: AsyncEngine, idempotency_ref: str, reply: Reply) -> Row[Any]:
    """`settle` in a transaction of its own; PaymentDeclined when the payment has failed."""
    async with transaction(pool) as conn:
        payment = await settle(conn, idempotency_ref, reply)
    if payment.status == "failed":
        raise PaymentDeclined(reason=payment.failure_reason, payment_id=payment.id)
    return payment


async def claim(conn: AsyncConnection, operation: Operation) -> bool:
    """Whether money may be taken now for a charge that its shopper approved at the gateway; under way from then on.

    Not when the payment is decided, has run out, or is being called off there.
    """
    known = await queries.read(conn, operation.payment_id)
    order = await orders.locked(conn, known.order_id)
    payment = await queries.read(conn, known.id, lock=True)
    made = await queries.operations(conn, payment.id)
    ending = any(one.kind == "void" and one.status != "failed" for one in made)
    waits = payment.status == "processing" or (order.status == "pending" and payment.expires_at > ids.now())
    if payment.status not in steps.OPEN or payment.authorized_minor or ending or not waits:
        return False
    taken = {"status": "processing", "next_action": None, "updated_at": ids.now()}
    await conn.execute(update(payments).where(payments.c.id == payment.id).values(taken))
    await steps.request(conn, operation)
    return True


async def _request(conn: AsyncConnection, asked: Charge) -> Operation:
    payment = await steps.confirmable(conn, asked.user_id, asked.payment)
    operation = steps.whole(payment, "capture" if asked.capture else "authorize")
    await steps.request(conn, operation, under_way=True)
    return operation


async def settle(conn: AsyncConnection, idempotency_ref: str, reply: Reply) -> Row[Any]:
    """Write a charge's result with payment, journal and event, once, whoever brings it (R-PAY-6); the payment."""
    payment = await queries.charged(conn, idempotency_ref)
    if payment.status not in steps.OPEN or payment.authorized_minor:
        return payment
    await steps.note(conn, idempotency_ref, reply)
    async with outbox.gathered(conn):
        return await _settled(conn, payment, reply)


async def _settled(conn: AsyncConnection, payment: Row[Any], reply: Reply) -> Row[Any]:
    match reply.outcome:
        case "succeeded":
            return await _succeed(conn, payment, reply)
        case "failed":
            return await _fail(conn, payment, reply.code or "declined")
        case "never received":
            return await _fail(conn, payment, NOT_RECEIVED)
        case "processing":
            return await _wait(conn, payment, reply)
        case "unknown":
            log.info("payment undecided", payment_id=str(payment.id), outcome=reply.outcome)
            return payment
        case _:
            assert_never(reply.outcome)


async def _succeed(conn: AsyncConnection, payment: Row[Any], reply: Reply) -> Row[Any]:
    if payment.operation_kind == "authorize":
        return await steps.authorize(conn, payment, gateway_transaction_id=reply.reference)
    sale = await captures.whole_sale(conn, payment.order_id)
    return await captures.book(conn, payment, sale, operation_id=payment.operation_id, reference=reply.reference)


async def _wait(conn: AsyncConnection, payment: Row[Any], reply: Reply) -> Row[Any]:
    """The gateway decides later, or waits for the shopper: what there is to do stays with the payment."""
    waits = {
        "status": "processing",
        "gateway_transaction_id": reply.reference or payment.gateway_transaction_id,
        "next_action": msgspec.to_builtins(reply.next_action),
        "updated_at": ids.now(),
    }
    log.info("payment undecided", payment_id=str(payment.id), waits_for="shopper" if reply.next_action else "gateway")
    return await steps.change(conn, payment.id, waits)


async def _fail(conn: AsyncConnection, payment: Row[Any], reason: str) -> Row[Any]:
    event = PaymentFailed(
        payment_id=payment.id,
        order_id=payment.order_id,
        reason=reason,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )
    return await steps.advance(conn, payment, event, "failed", failure_reason=reason)
