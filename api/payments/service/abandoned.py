"""Payments whose shopper did not come back: called off at their gateway first, and expired only then (9.4).

What the gateway decided in between stands. Until it has called the payment off, the shopper could still pay it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids
from api.db import transaction
from api.errors import NotFound
from api.orders import queries as orders
from api.payments import queries
from api.payments.gateway import Operation, Reply
from api.payments.gateways import Gateways
from api.payments.service import charges, steps
from streams.events.payments import PaymentExpired

GONE = Reply(outcome="failed", code="abandoned")


async def abandon(pool: AsyncEngine, gateways: Gateways, payment_id: UUID) -> None:
    """Expire a payment that has run out while its gateway waited for the shopper; nothing for any other.

    Raises NotFound, and GatewayUnavailable while the gateway rests.
    """
    async with transaction(pool) as conn:
        payment = await queries.read(conn, payment_id)
        noted = await queries.noted(conn, steps.whole(payment).idempotency_ref)
    gateway = gateways.of(payment.gateway)
    charge = queries.as_operation(noted) if noted else steps.whole(payment)
    with gateway.admission():
        known = await gateway.answer(lambda: gateway.provider.query(charge))
        if known.outcome in {"succeeded", "failed"}:
            async with transaction(pool) as conn:
                await charges.settle(conn, charge.idempotency_ref, known)
            return
        async with transaction(pool) as conn:
            operation = await _request(conn, payment_id)
        if operation is None:
            return
        reply = await gateway.answer(lambda: gateway.provider.void(operation, payment.gateway_transaction_id))
    async with transaction(pool) as conn:
        await settle(conn, operation.idempotency_ref, reply)


async def _request(conn: AsyncConnection, payment_id: UUID) -> Operation | None:
    payment = await _locked(conn, payment_id)
    made = await queries.operations(conn, payment_id)
    asked = [one for one in made if one.kind == "void" and one.status in ("requested", "unknown")]
    waits = payment.status == "pending" or (payment.status == "processing" and payment.next_action)
    if asked or not waits or payment.authorized_minor or payment.expires_at > ids.now():
        return None
    operation = Operation(
        idempotency_ref=f"abandon:{payment.id}:{len(made)}",
        kind="void",
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        reference=payment.gateway_transaction_id,
    )
    await steps.request(conn, operation)
    return operation


async def settle(conn: AsyncConnection, idempotency_ref: str, reply: Reply) -> None:
    """Write what the gateway said, once, whoever brings it: the payment has expired when nothing can be taken now."""
    known = await queries.operation(conn, idempotency_ref)
    if known is None:
        raise NotFound
    payment = await _locked(conn, known.payment_id)
    operation = await queries.operation(conn, idempotency_ref, lock=True)
    if operation is None or operation.status in ("succeeded", "failed"):
        return
    await steps.note(conn, idempotency_ref, reply)
    if reply.outcome == "succeeded" and payment.status in steps.OPEN and not payment.authorized_minor:
        await steps.note(conn, steps.whole(payment).idempotency_ref, GONE)
        expired = PaymentExpired(payment_id=payment.id, order_id=payment.order_id)
        await steps.advance(conn, payment, expired, "expired")


async def _locked(conn: AsyncConnection, payment_id: UUID) -> Row[Any]:
    known = await queries.read(conn, payment_id)
    await orders.locked(conn, known.order_id)
    return await queries.read(conn, payment_id, lock=True)
