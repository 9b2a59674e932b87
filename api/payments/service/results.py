"""Results that were lost or come late: the gateway is asked by reference, and whoever brings the answer settles it."""

from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.db import transaction
from api.payments import queries
from api.payments.gateway import Gateway, Notice
from api.payments.gateways import answer
from api.payments.service import charges, repayments

# A call may still be under way this long after it was noted: before that, "never received" proves nothing.
IN_FLIGHT = timedelta(seconds=15)

log = structlog.get_logger()

_RECEIVE = text(
    "INSERT INTO provider_events (provider, provider_event_id) VALUES (:provider, :event_id) "
    "ON CONFLICT (provider, provider_event_id) DO UPDATE SET received_at = provider_events.received_at "
    "RETURNING handled_at"
)
_HANDLED = text(
    "UPDATE provider_events SET handled_at = now(), outcome = :outcome "
    "WHERE provider = :provider AND provider_event_id = :event_id"
)


async def resolve(pool: AsyncEngine, gateway: Gateway, idempotency_ref: str, *, certain: bool = False) -> str:
    """Ask the gateway what became of an operation and settle it; gives the outcome.

    `certain`: the operation is old enough that one which was never received never will be. A charge has failed then;
    a refund is sent again under the same reference (R-PAY-3).
    """
    async with transaction(pool) as conn:
        operation = await queries.operation(conn, idempotency_ref)
    if operation is None:
        return "unknown operation"
    reply = await answer(gateway.query(idempotency_ref))
    if reply.outcome == "never received":
        if not certain:
            return reply.outcome
        if operation.kind == "refund":
            async with transaction(pool) as conn:
                again, captured = await repayments.resend(conn, operation)
            reply = await answer(gateway.refund(again, captured))
    settle = repayments.settle if operation.kind == "refund" else charges.settle
    async with transaction(pool) as conn:
        await settle(conn, idempotency_ref, reply)
    return reply.outcome


async def take_notice(pool: AsyncEngine, gateway: Gateway, notice: Notice) -> None:
    """Handle a provider's webhook once, however often it comes; what it tells is asked back at the gateway."""
    event = {"provider": gateway.name, "event_id": notice.event_id}
    async with transaction(pool) as conn:
        if await conn.scalar(_RECEIVE, event):
            return
    outcome = await resolve(pool, gateway, notice.idempotency_ref)
    if outcome == "unknown operation":
        log.error("webhook about an operation that is not ours", provider=gateway.name, event_id=notice.event_id)
    async with transaction(pool) as conn:
        await conn.execute(_HANDLED, event | {"outcome": outcome})
