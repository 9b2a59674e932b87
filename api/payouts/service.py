"""Money to sellers: asked for by an operator up to what is due, paid by the gateway, booked when it went."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids, outbox
from api.db import transaction
from api.errors import NotFound, WalletInsufficient
from api.ledger import queries as books
from api.ledger import service as ledger
from api.outbox import Fact
from api.payments import service as payments
from api.payouts import queries
from api.payouts.models import payouts
from api.sellers import queries as sellers
from api.sellers.service import ACTIVE, require_active
from streams.events.ledger import PayoutFailed, PayoutPaid, PayoutRequested

TRIES = 6
RETRY_AFTER = timedelta(seconds=10)


async def ask(conn: AsyncConnection, seller_id: UUID, currency: str, minor: int, *, by: UUID, gateway: str) -> Row[Any]:
    """Record a payout of at most what is due; the gateway pays it afterwards.

    Raises NotFound, SellerInactive (R-SEL-3) and WalletInsufficient with what may still be asked for.
    """
    seller = await sellers.for_change(conn, seller_id)
    if seller is None:
        raise NotFound
    require_active(seller)
    accounts = (await books.balances(conn, seller_id, currency)).get(currency, {})
    left = sum(accounts.values()) - await queries.under_way(conn, seller_id, currency)
    if minor > left:
        raise WalletInsufficient(balance_minor=max(left, 0))
    payout_id = ids.new()
    values = {
        "id": payout_id,
        "seller_id": seller_id,
        "currency": currency,
        "amount_minor": minor,
        "gateway": gateway,
        "idempotency_ref": f"payout:{payout_id}:1",
        "next_attempt_at": ids.now(),
        "requested_by": by,
    }
    await conn.execute(insert(payouts).values(values))
    payout = await queries.read(conn, payout_id)
    await outbox.record(conn, Fact(PayoutRequested(**_told(payout)), seq=1))
    return payout


async def pay(pool: AsyncEngine, gateways: payments.Gateways, payout_id: UUID) -> None:
    """Have the gateway pay a payout that is due; whatever else its state is, nothing happens.

    A lost answer is asked for by sending the same reference again, which moves no money twice. Raises
    GatewayUnavailable while the gateway rests; the payout stays due.
    """
    async with transaction(pool) as conn:
        gateway = gateways.of((await queries.read(conn, payout_id)).gateway)
    with gateway.admission():
        async with transaction(pool) as conn:
            operation = await _claim(conn, payout_id, gateway.in_flight)
        if operation is None:
            return
        reply = await gateway.answer(lambda: gateway.provider.pay_out(operation))
    async with transaction(pool) as conn:
        await _settle(conn, payout_id, operation.idempotency_ref, reply)


async def _claim(conn: AsyncConnection, payout_id: UUID, under_way: timedelta) -> payments.Operation | None:
    """What to send, and the payout is nobody else's for as long as the call may take."""
    known = await queries.read(conn, payout_id)
    seller = await sellers.one(conn, known.seller_id, lock=True)
    payout = await queries.read(conn, payout_id, lock=True)
    if payout.status != "requested" or payout.next_attempt_at > ids.now() or seller is None or seller.status != ACTIVE:
        return None
    await _set(conn, payout, next_attempt_at=ids.now() + under_way)
    return payments.Operation(
        idempotency_ref=payout.idempotency_ref,
        kind="payout",
        payment_id=payout.id,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
    )


async def _settle(conn: AsyncConnection, payout_id: UUID, idempotency_ref: str, reply: payments.Reply) -> None:
    """Write what the gateway said, once: paid and booked, refused, or not known yet."""
    payout = await queries.read(conn, payout_id, lock=True)
    if payout.status != "requested" or payout.idempotency_ref != idempotency_ref:
        return
    if reply.outcome == "succeeded":
        await _succeed(conn, payout, reply)
    elif reply.outcome == "failed":
        await _refused(conn, payout, reply.code or "refused")
    else:
        await _set(conn, payout, next_attempt_at=ids.now() + RETRY_AFTER)


async def _succeed(conn: AsyncConnection, payout: Row[Any], reply: payments.Reply) -> None:
    cause = ledger.Cause(type="payout", id=payout.id, currency=payout.currency, gateway=payout.gateway, at=ids.now())
    journal = await ledger.post(conn, ledger.of_payout(cause, payout.seller_id, payout.amount_minor))
    version = payout.version + 1
    paid = {"status": "paid", "version": version, "gateway_reference": reply.reference, "next_attempt_at": None}
    await _set(conn, payout, **paid)
    await outbox.record(conn, Fact(PayoutPaid(**_told(payout)), seq=version), *journal)


async def _refused(conn: AsyncConnection, payout: Row[Any], code: str) -> None:
    """Tried again under a new reference after a while, given up at last: the money is due again then."""
    attempts = payout.attempts + 1
    if attempts < TRIES:
        after = ids.now() + RETRY_AFTER * 2 ** (attempts - 1)
        ref = f"payout:{payout.id}:{attempts + 1}"
        await _set(conn, payout, attempts=attempts, reason=code, idempotency_ref=ref, next_attempt_at=after)
        return
    version = payout.version + 1
    gone = {"status": "failed", "version": version, "attempts": attempts, "reason": code, "next_attempt_at": None}
    await _set(conn, payout, **gone)
    await outbox.record(conn, Fact(PayoutFailed(**_told(payout), reason=code), seq=version))


async def _set(conn: AsyncConnection, payout: Row[Any], **columns: Any) -> None:
    await conn.execute(update(payouts).where(payouts.c.id == payout.id).values(**columns, updated_at=ids.now()))


def _told(payout: Row[Any]) -> dict[str, Any]:
    names = ("seller_id", "amount_minor", "currency")
    return {"payout_id": payout.id, **{name: getattr(payout, name) for name in names}}
