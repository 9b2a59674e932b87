"""One fact: its reactions, each once; tried again after an error, set aside when that does not help."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial

import structlog
from psycopg.errors import QueryCanceled
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import outbox
from api.db import transaction
from api.payments import service as payments
from api.reactions import AFTERWARDS, CONCERNING, REACTIONS, Reaction, people
from api.reactor import metrics
from api.reactor.at_once import AtOnce, Repeated
from api.reactor.subscriptions import Subscriptions
from streams.events import Envelope, Event
from streams.events.orders import OrderConfirmed
from streams.events.payments import PaymentAuthorized, PaymentProcessed

# The way of every order: these lock order, stock and cart, which no other takes the other way round meanwhile.
TOGETHER: frozenset[type[Event]] = frozenset({PaymentAuthorized, PaymentProcessed, OrderConfirmed})
TRIES = 5
# A statement that was cut off may have met a busy database; one that always is would block its partition for ever.
SLOW_TRIES = 20
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
# Not the fact's fault: the database is away, or a lock was waited for too long. These are tried until they work.
PASSING = (OperationalError, InterfaceError, PoolTimeout, OSError)

MOST_REASON = 200
"""Characters of each error, so that a letter has room to name every reaction."""

Step = Callable[[], Awaitable[None]]

log = structlog.get_logger()

_ONCE = text(
    "INSERT INTO inbox (event_id, reaction) VALUES (:event_id, :reaction) ON CONFLICT DO NOTHING RETURNING reaction"
)


class UnhandledError(Exception):
    """A fact of which some reactions failed `attempts` times; the reason names each with its last error."""

    def __init__(self, reason: str, attempts: int) -> None:
        super().__init__(reason)
        self.attempts = attempts


class Stopped(Exception):  # noqa: N818 - no error: the fact is left to the next process
    """The process ends while a fact waits to be tried again."""


class Attempts:
    """How often a reaction to a fact has failed; what is not its fault does not count."""

    def __init__(self, reaction: str) -> None:
        self._reaction = reaction
        self._failures, self._slow = 0, 0

    def count(self, error: Exception) -> None:
        """Count one more; UnhandledError when it was the last."""
        if isinstance(error, OperationalError) and isinstance(error.orig, QueryCanceled):
            self._slow += 1
        elif not isinstance(error, PASSING):
            self._failures += 1
        if self._failures == TRIES or self._slow == SLOW_TRIES:
            reason = f"{self._reaction}: {type(error).__name__}: {str(error)[:MOST_REASON]}"
            raise UnhandledError(reason, self._failures + self._slow) from error


class Handler:
    """Applies reactions to facts."""

    def __init__(self, pool: AsyncEngine, gateways: payments.Gateways, stop: asyncio.Event | None = None) -> None:
        self._pool = pool
        self._gateways = gateways
        self._stop = stop or asyncio.Event()
        self._at_once = AtOnce(pool, following)
        self._subscriptions = Subscriptions(pool)

    def begin(self) -> None:
        """Facts are going to be handled that were read just now: whoever wanted to be told of them has said so."""
        self._subscriptions.begin()

    async def handle(self, fact: Envelope) -> None:
        """Every reaction of a fact, each on its own; UnhandledError when some failed again and again.

        Stopped when one waits to be tried again at the end. What took effect does so no more when the fact is replayed.
        """
        outbox.correlation_id.set(fact.correlation_id)
        outbox.causation_id.set(fact.event_id)
        given_up: list[UnhandledError] = []
        reactions = self._at_once.left(fact, await self._concerned(fact))
        if type(fact.payload) in TOGETHER and await self._together(fact, reactions):
            reactions = ()
        for name, step in self._steps(fact, reactions):
            try:
                await self._until_done(fact, name, step)
            except UnhandledError as error:
                given_up.append(error)
        if given_up:
            raise UnhandledError("; ".join(map(str, given_up)), max(error.attempts for error in given_up))
        metrics.HANDLED.labels(fact.event).inc()

    async def _concerned(self, fact: Envelope) -> Sequence[Reaction]:
        """The reactions to a fact that may have an effect; nothing is begun for the others."""
        idle = {reaction for reaction, concerns in CONCERNING.items() if not concerns(fact.payload)}
        found = REACTIONS.get(type(fact.payload), ())
        if people.tell_systems in found and not await self._subscribed(fact):
            idle.add(people.tell_systems)
        return [reaction for reaction in found if reaction not in idle]

    async def _subscribed(self, fact: Envelope) -> bool:
        try:
            return await self._subscriptions.want(fact)
        except PASSING:
            return True  # the reaction looks again, until the database is there

    async def _together(self, fact: Envelope, reactions: Sequence[Reaction]) -> bool:
        """All reactions in one transaction; False when one failed: each is to be done on its own then."""
        try:
            if reactions:
                self._subscriptions.learn(await self._at_once.react(fact, reactions))
        except Repeated:
            return False
        except Exception as error:  # whatever it is, it is met again by the reaction that it is about
            log.info("reactions one by one", fact=fact.event, event_id=str(fact.event_id), error=repr(error))
            return False
        return True

    def _steps(self, fact: Envelope, reactions: Sequence[Reaction]) -> Iterator[tuple[str, Step]]:
        for reaction in reactions:
            yield reaction.__name__, partial(self._once, fact, reaction)
        for action in AFTERWARDS.get(type(fact.payload), ()):
            yield action.__name__, partial(action, self._pool, self._gateways, fact.payload)

    async def _until_done(self, fact: Envelope, name: str, step: Step) -> None:
        attempts, wait = Attempts(name), FIRST_WAIT_S
        while True:
            try:
                return await step()
            except Exception as error:  # whatever it is, the other reactions and the next fact do not wait for it
                seen = {"fact": fact.event, "event_id": str(fact.event_id), "error": repr(error)}
                log.warning("reaction failed", reaction=name, **seen)
                attempts.count(error)
            metrics.RETRIED.labels(fact.event).inc()
            await self._pause(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    async def _pause(self, wait: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), wait)
        if self._stop.is_set():
            raise Stopped

    async def _once(self, fact: Envelope, reaction: Reaction) -> None:
        async with transaction(self._pool) as conn, outbox.gathered(conn):
            if await _is_new(conn, fact, reaction):
                await reaction(conn, fact.payload)


def following(event: Event) -> Sequence[Reaction]:
    """The reactions that take effect in the transaction that tells a fact, where that is one of these.

    Sellers' systems are told when the fact is read, as of others: whether they want to be is asked once for many.
    """
    if type(event) not in TOGETHER:
        return ()
    return [reaction for reaction in REACTIONS.get(type(event), ()) if reaction is not people.tell_systems]


async def _is_new(conn: AsyncConnection, fact: Envelope, reaction: Reaction) -> bool:
    """Whether a reaction has not taken effect yet; its inbox row is committed with the effect."""
    row = {"event_id": fact.event_id, "reaction": reaction.__name__}
    return await conn.scalar(_ONCE, row) is not None
