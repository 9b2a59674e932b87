"""Results that were lost or come late: the gateway is asked by reference, and whoever brings the answer settles it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import outbox
from api.db import transaction
from api.payments import queries
from api.payments.gateway import Notice, Reply
from api.payments.guard import Guard
from api.payments.service import authorized, charges, repayments, top_ups
from streams.events.dead_letters import DeadLetter, as_text

Settle = Callable[[AsyncConnection, str, Reply], Awaitable[object]]

WEBHOOK = "payments.webhook"
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
        "refund": repayments.settle,
        "topup": top_ups.settle,
    }
)


async def resolve(pool: AsyncEngine, gateway: Guard, idempotency_ref: str, *, certain: bool = False) -> str:
    """Ask the gateway what became of an operation and settle it; gives the outcome.

    `certain`: the operation is old enough that one which was never received never will be. A charge or top-up has
    failed then; what follows an earlier operation is sent again under the same reference (R-PAY-3).
    """
    async with transaction(pool) as conn:
        operation = await queries.noted(conn, idempotency_ref)
    if operation is None:
        return UNKNOWN
    with gateway.admission():
        reply = await gateway.answer(lambda: gateway.provider.query(idempotency_ref))
        if reply.outcome == "never received":
            if not certain:
                return reply.outcome
            if operation.follows:
                reply = await _send_again(gateway, operation)
    async with transaction(pool) as conn:
        await SETTLE[idempotency_ref.partition(":")[0]](conn, idempotency_ref, reply)
    return reply.outcome


async def _send_again(gateway: Guard, operation: Row[Any]) -> Reply:
    again = queries.as_operation(operation)
    call = getattr(gateway.provider, operation.kind)
    return await gateway.answer(lambda: call(again, operation.follows))


async def take_notice(pool: AsyncEngine, gateway: Guard, notice: Notice, body: bytes) -> None:
    """Handle a provider's webhook once, however often it comes; what it tells is asked back at the gateway.

    What nobody here understands is kept as a dead letter: an unreadable body, an operation that is not ours.
    """
    event = {"provider": gateway.name, "event_id": notice.event_id[:MOST_ID]}
    async with transaction(pool) as conn:
        received = (await conn.execute(_RECEIVE, event)).one()
    if received.handled_at:
        return
    readable = not notice.unreadable and "\0" not in notice.idempotency_ref  # no reference of ours has that
    outcome = await resolve(pool, gateway, notice.idempotency_ref) if readable else UNREADABLE
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
