"""Results that were lost or come late: the gateway is asked by reference, and whoever brings the answer settles it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import outbox
from api.db import transaction
from api.payments import queries
from api.payments.gateway import Notice, Operation, Reply
from api.payments.gateways import Gateways, Guard
from api.payments.service import abandoned, authorized, charges, repayments, top_ups
from streams.events.dead_letters import DeadLetter, as_text

Settle = Callable[[AsyncConnection, str, Reply], Awaitable[object]]

WEBHOOK = "payments.webhook"
NEVER = Reply(outcome="never received")
UNKNOWN, UNREADABLE = "unknown operation", "unreadable"
MOST_ID = 255
"""Characters of a provider's event id that are looked at."""

_RECEIVE = text(
    "INSERT INTO provider_events (provider, provider_event_id) VALUES (:provider, :event_id) "
    "ON CONFLICT (provider, provider_event_id) DO UPDATE SET received_at = provider_events.received_at "
    "RETURNING handled_at, received_at"
)
_HANDLED = text(
    "UPDATE provider_events SET handled_at = now(), outcome = :outcome "
    "WHERE provider = :provider AND provider_event_id = :event_id"
)

# By the word that a reference begins with.
SETTLE: Mapping[str, Settle] = MappingProxyType(
    {
        "charge": charges.settle,
        "capture": authorized.settle,
        "void": authorized.settle,
        "abandon": abandoned.settle,
        "refund": repayments.settle,
        "topup": top_ups.settle,
    }
)


async def resolve(
    pool: AsyncEngine, gateways: Gateways, idempotency_ref: str, *, certain: bool = False, sender: str | None = None
) -> str:
    """Ask the gateway what became of an operation and settle it; gives the outcome.

    `certain`: the operation is old enough that one which was never received never will be. A charge or top-up has
    failed then; what follows an earlier operation is sent again under the same reference (R-PAY-3). `sender`: the
    gateway that speaks of it, which knows nothing of the others' operations.
    """
    async with transaction(pool) as conn:
        noted = await queries.noted(conn, idempotency_ref)
    if noted is None or sender not in {None, noted.gateway}:
        return UNKNOWN
    gateway, operation = gateways.of(noted.gateway), queries.as_operation(noted)
    with gateway.admission():
        reply = await gateway.answer(lambda: gateway.provider.query(operation))
        if reply.approved:
            async with transaction(pool) as conn:
                claimed = await charges.claim(conn, operation)
            if not claimed:
                return reply.outcome
            reply = await gateway.answer(lambda: gateway.provider.authorize(operation, None))
        if reply.outcome == "never received":
            if not certain:
                return reply.outcome
            reply = await _never_received(gateway, operation, later=noted.later)
    async with transaction(pool) as conn:
        await SETTLE[idempotency_ref.partition(":")[0]](conn, idempotency_ref, reply)
    return reply.outcome


async def _never_received(gateway: Guard, operation: Operation, *, later: bool) -> Reply:
    """Sent again, or given up: what was only opened at the gateway is called off there, so that nobody pays it now."""
    reference = operation.reference
    if reference is None:
        return NEVER
    if later:
        call = getattr(gateway.provider, operation.kind)
        return await gateway.answer(lambda: call(operation, reference))
    closed = await gateway.answer(lambda: gateway.provider.void(operation, reference))
    return NEVER if closed.outcome == "succeeded" else Reply(outcome="unknown")


async def take_notice(pool: AsyncEngine, gateways: Gateways, gateway: Guard, notice: Notice, body: bytes) -> None:
    """Handle a provider's webhook once, however often it comes; what it tells is asked back at the gateway.

    What nobody here understands is kept as a dead letter: an unreadable body, an operation that is not ours.
    """
    event = {"provider": gateway.name, "event_id": notice.event_id[:MOST_ID]}
    async with transaction(pool) as conn:
        received = (await conn.execute(_RECEIVE, event)).one()
    if received.handled_at:
        return
    readable = not notice.unreadable and "\0" not in notice.idempotency_ref  # no reference of ours has that
    outcome = UNREADABLE
    if readable:
        outcome = await resolve(pool, gateways, notice.idempotency_ref, sender=gateway.name)
    async with transaction(pool) as conn:
        if outcome in {UNKNOWN, UNREADABLE}:
            reason = f"{outcome}, {gateway.name} {notice.event_id}: {notice.unreadable or notice.idempotency_ref}"
            await outbox.set_aside(conn, _letter(reason, received.received_at, body))
        await conn.execute(_HANDLED, event | {"outcome": outcome})


def _letter(reason: str, received_at: datetime, body: bytes) -> DeadLetter:
    """It never stood in the log: its moment is its place."""
    return DeadLetter(
        reason=reason,
        topic=WEBHOOK,
        partition=0,
        offset=int(received_at.timestamp() * 1_000_000),
        consumer="api",
        failed_at=received_at,
        line=as_text(body),
    )
