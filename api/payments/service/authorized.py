"""What follows an authorization: captured at pick-up or by an operator, or voided when the order ends (R-PAY-16)."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids
from api.db import transaction
from api.errors import NotFound, PaymentDeclined, PaymentState
from api.orders import queries as orders
from api.payments import queries
from api.payments.gateway import Kind, Operation, Reply
from api.payments.gateways import BY_US, Gateways, Guard
from api.payments.models import payments
from api.payments.service import captures, late, steps
from streams.events.payments import PaymentCancelled


class Asked(NamedTuple):
    """An operation that is noted, and the authorization it follows."""

    operation: Operation
    authorization: str


class Capture(NamedTuple):
    """How much of which payment is to be taken, all that is left by default; once an id, however often it is asked."""

    payment_id: UUID
    minor: int | None
    id: UUID


async def capture(pool: AsyncEngine, gateways: Gateways, wish: Capture) -> Row[Any]:
    """Take money that was set aside; the payment afterwards.

    Raises NotFound, PaymentState (less than that is set aside), PaymentDeclined and GatewayUnavailable.
    """
    ref = f"capture:{wish.payment_id}:{wish.id}"
    gateway = await _behind(pool, gateways, wish.payment_id)
    with gateway.admission():
        async with transaction(pool) as conn:
            if asked := await queries.operation(conn, ref):
                return await _asked_before(conn, asked)
            operation, authorization = await _request(conn, wish.payment_id, "capture", wish.minor, ref)
        reply = await gateway.answer(lambda: gateway.provider.capture(operation, authorization))
    async with transaction(pool) as conn:
        payment = await settle(conn, operation.idempotency_ref, reply)
    if reply.outcome == "failed":
        raise PaymentDeclined(reason=reply.code, payment_id=payment.id)
    return payment


async def _asked_before(conn: AsyncConnection, operation: Row[Any]) -> Row[Any]:
    """By a call that died: what is not settled yet is left to the sweeper, which asks the gateway."""
    if operation.status == "failed":
        raise PaymentDeclined(reason=operation.answer_code, payment_id=operation.payment_id)
    return await queries.read(conn, operation.payment_id)


async def void(pool: AsyncEngine, gateways: Gateways, payment_id: UUID) -> None:
    """Let go what is left of an authorization whose order has ended; errors as of `capture`."""
    gateway = await _behind(pool, gateways, payment_id)
    with gateway.admission():
        async with transaction(pool) as conn:
            operation, authorization = await _request(conn, payment_id, "void", None, f"void:{payment_id}:{ids.new()}")
        reply = await gateway.answer(lambda: gateway.provider.void(operation, authorization))
    async with transaction(pool) as conn:
        await settle(conn, operation.idempotency_ref, reply)


async def _behind(pool: AsyncEngine, gateways: Gateways, payment_id: UUID) -> Guard:
    async with transaction(pool) as conn:
        payment = await queries.read(conn, payment_id)
    if payment.gateway in BY_US:
        raise PaymentState(payment_id=payment.id, status=payment.status)
    return gateways.of(payment.gateway)


async def _request(conn: AsyncConnection, payment_id: UUID, kind: Kind, minor: int | None, ref: str) -> Asked:
    known = await queries.read(conn, payment_id)
    await orders.locked(conn, known.order_id)
    payment = await queries.read(conn, payment_id, lock=True)
    made = await queries.operations(conn, payment_id)
    left = payment.authorized_minor - payment.captured_minor
    open_ones = [one for one in made if one.status in ("requested", "unknown")]
    amount = left if minor is None else minor
    if payment.status != "processing" or open_ones or not 0 < amount <= left:
        raise PaymentState(payment_id=payment.id, status=payment.status)
    operation = Operation(
        idempotency_ref=ref,
        kind=kind,
        payment_id=payment.id,
        amount_minor=amount,
        currency=payment.currency,
        reference=payment.gateway_transaction_id,
    )
    await steps.request(conn, operation)
    return Asked(operation, payment.gateway_transaction_id)


async def settle(conn: AsyncConnection, idempotency_ref: str, reply: Reply) -> Row[Any]:
    """Write the result of a capture or void with payment, journal and event, once, whoever brings it; the payment."""
    known = await queries.operation(conn, idempotency_ref)
    if known is None:
        raise NotFound
    payment = await queries.read(conn, known.payment_id)
    order = await orders.locked(conn, payment.order_id)
    payment = await queries.read(conn, payment.id, lock=True)
    operation = await queries.operation(conn, idempotency_ref, lock=True)
    if operation is None or operation.status in ("succeeded", "failed"):
        return payment
    await steps.note(conn, idempotency_ref, reply)
    if reply.outcome == "succeeded" and operation.kind == "capture":
        sale = await captures.part_of(conn, payment, operation.amount_minor, operation.id)
        await captures.book(conn, payment, sale, operation_id=operation.id, last=reply.rest_released)
        await late.give_back(conn, order, operation.id)
    elif reply.outcome == "succeeded":
        await _let_go(conn, payment)
        await late.give_owed(conn, order.id)
    return await queries.read(conn, payment.id)


async def _let_go(conn: AsyncConnection, payment: Row[Any]) -> None:
    """The rest is voided: what was captured stands, unless it went back; without any the payment is called off."""
    if payment.captured_minor:
        status = "refunded" if payment.refunded_minor == payment.captured_minor else "success"
        changed = {"authorized_minor": payment.captured_minor, "status": status, "updated_at": ids.now()}
        await conn.execute(update(payments).where(payments.c.id == payment.id).values(changed))
        return
    event = PaymentCancelled(payment_id=payment.id, order_id=payment.order_id, cause="voided")
    await steps.advance(conn, payment, event, "cancelled", authorized_minor=0)
