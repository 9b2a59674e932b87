"""Results that were lost or come late: the gateway is asked by reference, and whoever brings the answer settles it."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.db import transaction
from api.payments import queries
from api.payments.gateway import Notice, Reply
from api.payments.guard import Guard
from api.payments.service import charges, repayments, top_ups

Settle = Callable[[AsyncConnection, str, Reply], Awaitable[object]]

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

# By the word that a reference begins with.
SETTLE: Mapping[str, Settle] = MappingProxyType(
    {"charge": charges.settle, "refund": repayments.settle, "topup": top_ups.settle}
)


async def resolve(pool: AsyncEngine, gateway: Guard, idempotency_ref: str, *, certain: bool = False) -> str:
    """Ask the gateway what became of an operation and settle it; gives the outcome.

    `certain`: the operation is old enough that one which was never received never will be. A charge or top-up has
    failed then; what follows an earlier operation is sent again under the same reference (R-PAY-3).
    """
    async with transaction(pool) as conn:
        operation = await queries.noted(conn, idempotency_ref)
    if operation is None:
        return "unknown operation"
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


async def take_notice(pool: AsyncEngine, gateway: Guard, notice: Notice) -> None:
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
