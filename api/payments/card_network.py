"""The gateway `test`: a card network that behaves like a real one, on this machine.

It stands in for an outside provider: it keeps its own ledger in its own schema, through its own connections, and knows
nothing of our tables. The card's number is looked at and forgotten.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import signatures
from api.db import statement
from api.payments import card_ledger
from api.payments.cards import CARDS, UNATTENDED, UNKNOWN_CARD, Card
from api.payments.gateway import EVERY_KIND, Listed, NextAction, Notice, Operation, Reply

LATE = timedelta(seconds=3)
REFUSED_PAYOUT = 913
CHALLENGES = "/v1/payments/test/challenges"
"""Where the pages of its 3-D Secure stand."""


class _Body(msgspec.Struct):
    idempotency_ref: str


class CardNetwork:
    """The test gateway; every process speaks to the same one, because its state is its own.

    `public_url` is where shoppers reach its pages.
    """

    name = "test"
    prepares = False
    signature_header = "webhook-signature"
    lists = EVERY_KIND
    list_delay = timedelta()

    def __init__(self, pool: AsyncEngine, webhook_secret: str, public_url: str = "") -> None:
        self._pool = pool
        self._secret = webhook_secret
        self._challenges = public_url.rstrip("/") + CHALLENGES
        self._ready, self._preparing = False, asyncio.Lock()

    async def prepare(self, operation: Operation) -> Reply:
        """Nothing is opened before it is paid."""
        return Reply(outcome="processing", reference=operation.reference)

    async def authorize(self, operation: Operation, token: str | None) -> Reply:
        """Decide by the card's number; an operation that is known already gets the answer it had."""
        card = CARDS.get((token or "").removeprefix("tok_"), UNKNOWN_CARD)
        if card.challenge and not operation.attended:
            card = UNATTENDED
        reply = await self._operate("authorize" if operation.kind == "authorize" else "charge", operation, card)
        return Reply(outcome="unknown") if card.answer == "lost" else reply

    async def capture(self, operation: Operation, authorization: str) -> Reply:
        """Take what was set aside, or part of it; more than that is refused."""
        return await self._after("capture", operation, authorization)

    async def void(self, operation: Operation, authorization: str) -> Reply:
        """Let go what was set aside; a challenge that waits can be answered no more."""
        async with self._ledger() as conn:
            of = {"reference": authorization}
            waited = await conn.scalar(card_ledger.ABANDON, of) or await conn.scalar(card_ledger.ABANDONED, of)
        if waited:
            return await self._operate("void", operation, Card(), follows=authorization)
        return await self._after("void", operation, authorization)

    async def _after(self, kind: str, operation: Operation, authorization: str) -> Reply:
        card = await self._card_behind(authorization)
        async with self._ledger() as conn:
            of = {"reference": authorization, "ref": operation.idempotency_ref}
            left = await conn.scalar(card_ledger.LEFT, of)
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

    async def query(self, operation: Operation) -> Reply:
        """What the network's own ledger holds."""
        async with self._ledger() as conn:
            row = (await conn.execute(card_ledger.READ, {"ref": operation.idempotency_ref})).one_or_none()
        return Reply(outcome="never received") if row is None else self._reply(row)

    async def listed(self, since: datetime, until: datetime) -> list[Listed]:
        """The network's own ledger of a span; OSError when it does not answer."""
        async with self._ledger() as conn:
            rows = (await conn.execute(card_ledger.LISTED, {"since": since, "until": until})).all()
        return [msgspec.convert(row._mapping, Listed) for row in rows]

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Check the signature and read which operation changed."""
        event_id = signatures.check(self._secret, headers, body)
        try:
            return Notice(event_id=event_id, idempotency_ref=msgspec.json.decode(body, type=_Body).idempotency_ref)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return Notice(event_id=event_id, unreadable=str(error))

    async def close(self) -> None:
        """Its connections are the process's own."""

    async def challenge(self, challenge: str) -> Row[Any] | None:
        """What a 3-D Secure page asks about: amount_minor, currency, return_url, and whether it is still `waiting`."""
        async with self._ledger() as conn:
            return (await conn.execute(card_ledger.CHALLENGE, {"challenge": challenge})).one_or_none()

    async def answer_challenge(self, challenge: str, *, approved: bool) -> None:
        """The shopper confirmed or refused; the first answer counts, and a webhook tells of it."""
        async with self._ledger() as conn:
            await conn.execute(card_ledger.ANSWER, {"challenge": challenge, "approved": approved})

    async def due_webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        """Headers and body of the webhooks that wait to be sent; they wait until `delivered` is called."""
        async with self._ledger() as conn:
            rows = (await conn.execute(card_ledger.DUE)).all()
        bodies = [(row.webhook_id, msgspec.json.encode(_Body(row.idempotency_ref))) for row in rows]
        return [(signatures.sign(self._secret, webhook_id, body), body) for webhook_id, body in bodies]

    async def delivered(self, webhook_id: str) -> None:
        """The webhook was answered with 200; some are sent once more all the same."""
        async with self._ledger() as conn:
            await conn.execute(card_ledger.DELIVERED, {"webhook_id": webhook_id})

    async def _operate(self, kind: str, operation: Operation, card: Card, *, follows: str | None = None) -> Reply:
        told = card.answer == "late" or card.challenge
        values: dict[str, Any] = {
            "idempotency_ref": operation.idempotency_ref,
            "reference": f"{kind[:2]}_{token_hex(12)}",
            "kind": kind,
            "amount_minor": operation.amount_minor,
            "currency": operation.currency,
            "outcome": card.outcome,
            "code": card.code,
            "refunds": card.refunds,
            "late": LATE if card.answer == "late" else timedelta(),
            "webhook_id": f"evt_{token_hex(12)}" if told else None,
            "webhooks": card.webhooks,
            "follows": follows,
            "challenge": token_hex(16) if card.challenge else None,
            "return_url": operation.return_url,
        }
        async with self._ledger() as conn:
            row = (await conn.execute(card_ledger.NOTE, values)).one()
        return self._reply(row)

    def _reply(self, row: Row[Any]) -> Reply:
        if row.settled:
            return Reply(outcome=row.outcome, reference=row.reference, code=row.code)
        page = f"{self._challenges}/{row.challenge}" if row.challenge else None
        action = NextAction(type="redirect", redirect_url=page) if page else None
        return Reply(outcome="processing", reference=row.reference, next_action=action)

    async def _card_behind(self, reference: str) -> Card:
        async with self._ledger() as conn:
            row = (await conn.execute(card_ledger.READ, {"ref": reference})).one_or_none()
        return UNKNOWN_CARD if row is None else Card(refunds=row.refunds)

    @asynccontextmanager
    async def _ledger(self) -> AsyncIterator[AsyncConnection]:
        """A connection of the network's own, on which a statement is a transaction.

        ConnectionError when its database does not answer.
        """
        try:
            await self._prepare()
            async with statement(self._pool) as conn:
                yield conn
        except SQLAlchemyError as error:
            raise ConnectionError("the card network does not answer") from error

    async def _prepare(self) -> None:
        async with self._preparing:
            if not self._ready:
                async with self._pool.begin() as conn:
                    for statement in card_ledger.SCHEMA:
                        await conn.execute(text(statement))
                self._ready = True
