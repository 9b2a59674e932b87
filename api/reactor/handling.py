"""One fact: its reactions, each once; tried again after an error, set aside when that does not help."""

import asyncio
from contextlib import suppress

import structlog
from psycopg.errors import QueryCanceled
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import outbox
from api.db import transaction
from api.payments import service as payments
from api.reactions import AFTERWARDS, REACTIONS, Reaction
from api.reactor import metrics
from streams.events import Envelope

TRIES = 5
# A statement that was cut off may have met a busy database; one that always is would block its partition for ever.
SLOW_TRIES = 20
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
# Not the fact's fault: the database is away, or a lock was waited for too long. These are tried until they work.
PASSING = (OperationalError, InterfaceError, PoolTimeout, OSError)

log = structlog.get_logger()

_ONCE = text(
    "INSERT INTO inbox (event_id, reaction) VALUES (:event_id, :reaction) ON CONFLICT DO NOTHING RETURNING true"
)


class UnhandledError(Exception):
    """A fact whose reaction failed `attempts` times; the reason is the last error."""

    def __init__(self, reason: str, attempts: int) -> None:
        super().__init__(reason)
        self.attempts = attempts


class Stopped(Exception):  # noqa: N818 - no error: the fact is left to the next process
    """The process ends while a fact waits to be tried again."""


class Attempts:
    """How often a fact has failed; what is not its fault does not count."""

    def __init__(self) -> None:
        self._failures, self._slow = 0, 0

    def count(self, error: Exception) -> None:
        """Count one more; UnhandledError when it was the last."""
        if isinstance(error, OperationalError) and isinstance(error.orig, QueryCanceled):
            self._slow += 1
        elif not isinstance(error, PASSING):
            self._failures += 1
        if self._failures == TRIES or self._slow == SLOW_TRIES:
            raise UnhandledError(f"{type(error).__name__}: {error}", self._failures + self._slow) from error


class Handler:
    """Applies reactions to facts."""

    def __init__(self, pool: AsyncEngine, gateway: payments.Guard, stop: asyncio.Event | None = None) -> None:
        self._pool = pool
        self._gateway = gateway
        self._stop = stop or asyncio.Event()

    async def handle(self, fact: Envelope) -> None:
        """All reactions of a fact; UnhandledError when one failed again and again, Stopped when it waits at the end."""
        attempts, wait = Attempts(), FIRST_WAIT_S
        while True:
            try:
                await self._once(fact)
            except Exception as error:
                log.warning("reaction failed", fact=fact.event, event_id=str(fact.event_id), error=repr(error))
                attempts.count(error)
            else:
                metrics.HANDLED.labels(fact.event).inc()
                return
            metrics.RETRIED.labels(fact.event).inc()
            await self._pause(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    async def _pause(self, wait: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), wait)
        if self._stop.is_set():
            raise Stopped

    async def _once(self, fact: Envelope) -> None:
        outbox.correlation_id.set(fact.correlation_id)
        outbox.causation_id.set(fact.event_id)
        for reaction in REACTIONS.get(type(fact.payload), ()):
            async with transaction(self._pool) as conn:
                if await _is_new(conn, fact, reaction):
                    await reaction(conn, fact.payload)
        for action in AFTERWARDS.get(type(fact.payload), ()):
            await action(self._pool, self._gateway, fact.payload)


async def _is_new(conn: AsyncConnection, fact: Envelope, reaction: Reaction) -> bool:
    """Whether the reaction has not taken effect yet; its inbox row is committed with the effect."""
    row = {"event_id": fact.event_id, "reaction": reaction.__name__}
    return bool(await conn.scalar(_ONCE, row))
