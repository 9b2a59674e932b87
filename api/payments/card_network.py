"""The gateway `test`: a card network that behaves like a real one, on this machine.

It stands in for an outside provider: it keeps its own ledger in its own schema, through its own connections, and knows
nothing of our tables. What a card does is chosen by its number, as the big gateways document theirs; the number is
looked at and forgotten.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import signatures
from api.payments.gateway import Listed, Notice, Operation, Reply

LATE = timedelta(seconds=3)
REFUSED_PAYOUT = 913


class Card(NamedTuple):
    """What a test card does: its final outcome and code, and whether the answer is lost or comes late."""

    outcome: str = "succeeded"
    code: str | None = None
    answer: str = "at once"
    refunds: str = "succeeded"


CARDS = {
    "4242424242424242": Card(),
    "5555555555554444": Card(),
    "4000000000000002": Card("failed", "card_declined"),
    "4000000000009995": Card("failed", "insufficient_funds"),
    "4000000000009987": Card("failed", "lost_card"),
    "4000000000000069": Card("failed", "expired_card"),
    "4000000000000127": Card("failed", "incorrect_cvc"),
    "4000000000000119": Card("failed", "processing_error"),
    "4000000000005126": Card(refunds="failed"),  # charged; refunds fail
    "4000000000000408": Card(answer="lost"),  # charged, but the answer never arrives: only `query` tells
    "4000000000000202": Card(answer="late"),  # processing, then charged, and a webhook says so
    "4000000000000210": Card("failed", "card_declined", answer="late"),  # processing, then declined
}
UNKNOWN_CARD = Card("failed", "invalid_token")

_SCHEMA = (
    "SELECT pg_advisory_xact_lock(4242)",
    "CREATE SCHEMA IF NOT EXISTS card_network",
    """CREATE TABLE IF NOT EXISTS card_network.operations (
        idempotency_ref text PRIMARY KEY, reference text NOT NULL UNIQUE, kind text NOT NULL,
        amount_minor bigint NOT NULL, currency text NOT NULL, outcome text NOT NULL, code text, refunds text NOT NULL,
        settles_at timestamptz NOT NULL, webhook_id text, delivered_at timestamptz)""",
    "ALTER TABLE card_network.operations ADD COLUMN IF NOT EXISTS follows text",
    "CREATE INDEX IF NOT EXISTS settled ON card_network.operations (settles_at)",
    "CREATE INDEX IF NOT EXISTS follows ON card_network.operations (follows)",
    "CREATE INDEX IF NOT EXISTS undelivered ON card_network.operations (settles_at) "
    "WHERE webhook_id IS NOT NULL AND delivered_at IS NULL",
)
_NOTE = text(
    "INSERT INTO card_network.operations (idempotency_ref, reference, kind, amount_minor, currency, outcome, code, "
    "refunds, settles_at, webhook_id, follows) VALUES (:idempotency_ref, :reference, :kind, :amount_minor, :currency, "
    ":outcome, :code, :refunds, now() + :late, :webhook_id, :follows) ON CONFLICT (idempotency_ref) DO NOTHING"
)
_READ = text(
    "SELECT reference, outcome, code, refunds, settles_at <= now() AS settled FROM card_network.operations "
    "WHERE idempotency_ref = :ref OR reference = :ref"
)
# What is still set aside; the lock keeps two captures from taking the same money.
_LEFT = text(
    "WITH authorized AS (SELECT reference, amount_minor, outcome FROM card_network.operations "
    "WHERE reference = :reference AND kind = 'authorize' FOR UPDATE) "
    "SELECT amount_minor - coalesce((SELECT sum(o.amount_minor) FROM card_network.operations o "
    "WHERE o.follows = authorized.reference AND o.kind IN ('capture', 'void') AND o.outcome = 'succeeded' "
    "AND o.idempotency_ref <> :ref), 0) FROM authorized WHERE outcome = 'succeeded'"
)
_DUE = text(
    "SELECT idempotency_ref, webhook_id FROM card_network.operations WHERE webhook_id IS NOT NULL "
    "AND delivered_at IS NULL AND settles_at <= now() ORDER BY settles_at LIMIT 20"
)
_LISTED = text(
    "SELECT idempotency_ref, amount_minor, currency, settles_at AS at, "
    "CASE WHEN settles_at <= now() THEN outcome ELSE 'processing' END AS outcome "
    "FROM card_network.operations WHERE settles_at >= :since AND settles_at < :until"
)
_DELIVERED = text("UPDATE card_network.operations SET delivered_at = now() WHERE webhook_id = :webhook_id")


class _Body(msgspec.Struct):
    idempotency_ref: str


class CardNetwork:
    """The test gateway; every process speaks to the same one, because its state is its own."""

    name = "test"

    def __init__(self, pool: AsyncEngine, webhook_secret: str) -> None:
        self._pool = pool
        self._secret = webhook_secret
        self._ready, self._preparing = False, asyncio.Lock()

    async def authorize(self, operation: Operation, token: str, *, capture: bool) -> Reply:
        """Decide by the card's number; an operation that is known already gets the answer it had."""
        card = CARDS.get(token.removeprefix("tok_"), UNKNOWN_CARD)
        reply = await self._operate("charge" if capture else "authorize", operation, card)
        return Reply(outcome="unknown") if card.answer == "lost" else reply

    async def capture(self, operation: Operation, authorization: str) -> Reply:
        """Take what was set aside, or part of it; more than that is refused."""
        return await self._after("capture", operation, authorization)

    async def void(self, operation: Operation, authorization: str) -> Reply:
        """Let go what was set aside."""
        return await self._after("void", operation, authorization)

    async def _after(self, kind: str, operation: Operation, authorization: str) -> Reply:
        card = await self._card_behind(authorization)
        async with self._ledger() as conn:
            of = {"reference": authorization, "ref": operation.idempotency_ref}
            left = await conn.scalar(_LEFT, of)
        if left is None or operation.amount_minor > left:
            card = Card("failed", "exceeds_authorization")
        return await self._operate(kind, operation, card, follows=authorization)

    async def refund(self, operation: Operation, captured: str) -> Reply:
        """Pay back; the card decides whether that works."""
        card = await self._card_behind(captured)
        code = None if card.refunds == "succeeded" else "refund_refused"
        return await self._operate("refund", operation, Card(outcome=card.refunds, code=code), follows=captured)

    async def pay_out(self, operation: Operation) -> Reply:
        """Pay a seller; amounts that end in 913 are refused, as if the seller's account were closed."""
        refused = operation.amount_minor % 1000 == REFUSED_PAYOUT
        return await self._operate("payout", operation, Card("failed", "account_closed") if refused else Card())

    async def query(self, idempotency_ref: str) -> Reply:
        """What the network's own ledger holds."""
        async with self._ledger() as conn:
            row = (await conn.execute(_READ, {"ref": idempotency_ref})).one_or_none()
        return Reply(outcome="never received") if row is None else _reply(row)

    async def listed(self, since: datetime, until: datetime) -> list[Listed]:
        """The network's own ledger of a span; OSError when it does not answer."""
        async with self._ledger() as conn:
            rows = (await conn.execute(_LISTED, {"since": since, "until": until})).all()
        return [msgspec.convert(row._mapping, Listed) for row in rows]

    def verify(self, headers: dict[str, str], body: bytes) -> Notice:
        """Check the signature and read which operation changed."""
        event_id = signatures.check(self._secret, headers, body)
        try:
            return Notice(event_id=event_id, idempotency_ref=msgspec.json.decode(body, type=_Body).idempotency_ref)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return Notice(event_id=event_id, unreadable=str(error))

    async def due_webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        """Headers and body of the webhooks that wait to be sent; they wait until `delivered` is called."""
        async with self._ledger() as conn:
            rows = (await conn.execute(_DUE)).all()
        bodies = [(row.webhook_id, msgspec.json.encode(_Body(row.idempotency_ref))) for row in rows]
        return [(signatures.sign(self._secret, webhook_id, body), body) for webhook_id, body in bodies]

    async def delivered(self, webhook_id: str) -> None:
        """The webhook was answered with 200."""
        async with self._ledger() as conn:
            await conn.execute(_DELIVERED, {"webhook_id": webhook_id})

    async def _operate(self, kind: str, operation: Operation, card: Card, *, follows: str | None = None) -> Reply:
        late = card.answer == "late"
        values: dict[str, Any] = {
            "idempotency_ref": operation.idempotency_ref,
            "reference": f"{kind[:2]}_{token_hex(12)}",
            "kind": kind,
            "amount_minor": operation.amount_minor,
            "currency": operation.currency,
            "outcome": card.outcome,
            "code": card.code,
            "refunds": card.refunds,
            "late": LATE if late else timedelta(),
            "webhook_id": f"evt_{token_hex(12)}" if late else None,
            "follows": follows,
        }
        async with self._ledger() as conn:
            await conn.execute(_NOTE, values)
            row = (await conn.execute(_READ, {"ref": operation.idempotency_ref})).one()
        return _reply(row)

    async def _card_behind(self, reference: str) -> Card:
        async with self._ledger() as conn:
            row = (await conn.execute(_READ, {"ref": reference})).one_or_none()
        return UNKNOWN_CARD if row is None else Card(refunds=row.refunds)

    @asynccontextmanager
    async def _ledger(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of the network's own; ConnectionError when its database does not answer."""
        try:
            await self._prepare()
            async with self._pool.begin() as conn:
                yield conn
        except SQLAlchemyError as error:
            raise ConnectionError("the card network does not answer") from error

    async def _prepare(self) -> None:
        async with self._preparing:
            if not self._ready:
                async with self._pool.begin() as conn:
                    for statement in _SCHEMA:
                        await conn.execute(text(statement))
                self._ready = True


def _reply(row: Row[Any]) -> Reply:
    if not row.settled:
        return Reply(outcome="processing", reference=row.reference)
    return Reply(outcome=row.outcome, reference=row.reference, code=row.code)
