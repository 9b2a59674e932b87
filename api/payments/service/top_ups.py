"""Money from a card into a wallet: noted, asked of the gateway outside any transaction, settled (E-PAY-12, R-PAY-2)."""

from typing import Any, NamedTuple
from uuid import UUID

from msgspec import structs
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.db import transaction
from api.errors import PaymentDeclined
from api.payments.gateway import Operation, Reply
from api.payments.guard import Guard
from api.payments.service import steps
from api.wallets import service as wallets


class Wish(NamedTuple):
    """How much is to go into whose wallet; one top-up an id, however often it is asked for."""

    id: UUID
    user_id: UUID
    currency: str
    minor: int


async def top_up(pool: AsyncEngine, gateway: Guard, wish: Wish, token: str) -> Row[Any]:
    """Charge a card for a wallet; the top-up afterwards: succeeded, or not decided yet.

    Raises PaymentDeclined, and GatewayUnavailable (nothing was begun).
    """
    with gateway.admission():
        async with transaction(pool) as conn:
            asked, new = await wallets.request_top_up(
                conn, wish.id, user_id=wish.user_id, currency=wish.currency, minor=wish.minor, gateway=gateway.name
            )
        operation = Operation(
            idempotency_ref=asked.idempotency_ref,
            kind="top_up",
            payment_id=asked.id,
            amount_minor=asked.amount_minor,
            currency=asked.currency,
            reference=asked.gateway_reference,
            attended=False,
        )
        reply = await (_charge(pool, gateway, operation, token) if new else gateway.ask_again(operation))
    async with transaction(pool) as conn:
        done = await settle(conn, asked.idempotency_ref, reply)
    if done.status == "failed":
        raise PaymentDeclined(reason=done.answer_code, payment_id=done.id)
    return done


async def _charge(pool: AsyncEngine, gateway: Guard, operation: Operation, token: str) -> Reply:
    """What is opened at the gateway first is noted before it is paid; unopened, nothing can have been charged."""
    if gateway.provider.prepares:
        opened = await gateway.answer(lambda: gateway.provider.prepare(operation))
        if opened.reference is None:
            return Reply(outcome="failed", code=opened.code or "gateway_away")
        operation = structs.replace(operation, reference=opened.reference)
        async with transaction(pool) as conn:
            await settle(conn, operation.idempotency_ref, opened)
    reply = await gateway.answer(lambda: gateway.provider.authorize(operation, token))
    return await gateway.ask_again(operation) if reply.outcome == "unknown" else reply


async def settle(conn: AsyncConnection, idempotency_ref: str, reply: Reply) -> Row[Any]:
    """Write what the gateway said, whoever brings it; one that was never received has failed."""
    return await wallets.settle_top_up(
        conn,
        idempotency_ref,
        steps.STATUS_OF.get(reply.outcome, "unknown"),
        reference=reply.reference,
        code=reply.code or reply.outcome.replace(" ", "_"),
    )
