"""Refunds as money: paid back by the gateway, booked, and retried until it works or is given up (R-PAY-12)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids, outbox
from api.db import transaction
from api.ledger import service as ledger
from api.orders import queries as orders
from api.orders import service as order_service
from api.payments import queries
from api.payments.gateway import Operation, Reply
from api.payments.gateways import Gateways
from api.payments.models import payments
from api.payments.service import steps
from api.wallets import service as wallets
from streams.events.payments import RefundFailed, RefundSucceeded

TRIES = 6
RETRY_AFTER = timedelta(seconds=10)
STORE_CREDIT = "store_credit"
"""Why money goes back that a complaint's verdict gives as store credit."""


async def pay_back(pool: AsyncEngine, gateways: Gateways, refund_id: UUID) -> None:
    """Have the payment's gateway pay an approved refund back; whatever else its state is, nothing happens.

    Raises GatewayUnavailable while the gateway rests; the refund stays due.
    """
    async with transaction(pool) as conn:
        refund = await queries.refund(conn, refund_id)
        gateway = gateways.of((await queries.read(conn, refund.payment_id)).gateway)
    with gateway.admission():
        async with transaction(pool) as conn:
            claimed = await _claim(conn, refund_id)
        if claimed is None:
            return
        operation, captured = claimed
        reply = await gateway.answer(lambda: gateway.provider.refund(operation, captured))
    async with transaction(pool) as conn:
        await settle(conn, operation.idempotency_ref, reply)


async def _claim(conn: AsyncConnection, refund_id: UUID) -> tuple[Operation, str] | None:
    known = await queries.refund(conn, refund_id)
    payment = await queries.read(conn, known.payment_id, lock=True)
    refund = await queries.refund(conn, refund_id, lock=True)
    if refund.status != "approved":
        return None
    operation = Operation(
        idempotency_ref=_reference(refund, refund.attempts + 1),
        kind="refund",
        payment_id=payment.id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reference=payment.gateway_transaction_id,
    )
    await steps.request(conn, operation)
    await steps.set_refund(conn, refund.id, status="processing", attempts=refund.attempts + 1)
    await conn.execute(update(payments).where(payments.c.id == payment.id).values(status="refunding"))
    return operation, payment.gateway_transaction_id


def _reference(refund: Row[Any], attempt: int) -> str:
    return f"refund:{refund.id}:{refund.version}:{attempt}"


async def settle(conn: AsyncConnection, idempotency_ref: str, reply: Reply) -> None:
    """Write a refund's result with payment, journal and event, once; nothing for an earlier try than the one under way.

    A gateway may tell of that again at any time.
    """
    known = await queries.refund(conn, UUID(idempotency_ref.split(":")[1]))
    order = await orders.locked(conn, known.order_id)
    payment = await queries.read(conn, known.payment_id, lock=True)
    refund = await queries.refund(conn, known.id, lock=True)
    if refund.status != "processing" or idempotency_ref != _reference(refund, refund.attempts):
        return
    await steps.note(conn, idempotency_ref, reply)
    if reply.outcome == "succeeded":
        await succeed(conn, refund, payment, order)
    elif reply.outcome == "failed":
        await _fail(conn, refund, payment, reply.code or "refused")


async def succeed(conn: AsyncConnection, refund: Row[Any], payment: Row[Any], order: Row[Any]) -> None:
    """The money went back: order, payment and refund are locked, and the refund is approved or processing."""
    cause = ledger.Cause(
        type="refund",
        id=refund.id,
        order_id=order.id,
        currency=refund.currency,
        gateway=payment.gateway,
        wallet_id=await _into_wallet(conn, refund, payment) if refund.target == "wallet" else None,
        at=ids.now(),
    )
    others = await queries.promised(conn, order.id, but=refund.id)
    back = payment.refunded_minor + refund.amount_minor
    full = back == payment.authorized_minor
    given = await order_service.give_back(conn, order.id, await queries.claim(conn, refund), others, full=full)
    journal = await ledger.post(conn, ledger.of_refund(cause, given.lines, given.shipping))
    money = {"refunded_minor": back, "status": _status(payment, full=full), "updated_at": cause.at}
    await conn.execute(update(payments).where(payments.c.id == payment.id).values(money))
    event = RefundSucceeded(
        refund_id=refund.id,
        order_id=order.id,
        payment_id=payment.id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reason_code=refund.reason_code,
        target=refund.target,
        cause_type=refund.cause_type,
        full=full,
        order_occurred_at=order.created_at,
    )
    await steps.advance_refund(conn, refund, "succeeded", event, next_attempt_at=None)
    await outbox.record(conn, *journal)


def _status(payment: Row[Any], *, full: bool) -> str:
    """A payment of which more may be captured goes on; `full`: nothing of it is left."""
    if full:
        return "refunded"
    return "success" if payment.captured_minor == payment.authorized_minor else "processing"


async def _into_wallet(conn: AsyncConnection, refund: Row[Any], payment: Row[Any]) -> UUID:
    credit = (refund.cause_type, refund.reason_code) == ("complaint", STORE_CREDIT)
    change = wallets.Change(
        user_id=payment.user_id,
        currency=refund.currency,
        delta_minor=refund.amount_minor,
        cause_type="store_credit" if credit else "refund",
        cause_id=refund.cause_id if credit else refund.id,
    )
    return await wallets.move(conn, change)


async def _fail(conn: AsyncConnection, refund: Row[Any], payment: Row[Any], code: str) -> None:
    if refund.attempts < TRIES:
        due = ids.now() + RETRY_AFTER * 2 ** (refund.attempts - 1)
        await steps.set_refund(conn, refund.id, status="approved", next_attempt_at=due)
        return
    event = RefundFailed(
        refund_id=refund.id,
        order_id=refund.order_id,
        payment_id=refund.payment_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reason=code,
        attempts=refund.attempts,
    )
    status = "refund_failed" if payment.captured_minor == payment.authorized_minor else "processing"
    await conn.execute(update(payments).where(payments.c.id == payment.id).values(status=status))
    await steps.advance_refund(conn, refund, "failed", event, next_attempt_at=None)
