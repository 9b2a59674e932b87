"""Whether any seller's system wants to be told of a fact: asked once for many of them."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from api.db import statement
from api.webhooks import service as webhooks
from streams.events import Envelope


class Subscriptions:
    """Knows what is wanted of the facts that were recorded before it was asked, and of those read before."""

    def __init__(self, pool: AsyncEngine) -> None:
        self._pool = pool
        self._known = webhooks.Subscribed((), datetime.min.replace(tzinfo=UTC))
        self._asked = False

    def begin(self) -> None:
        """Facts were read just now: whoever wanted to be told of them has said so."""
        self._asked = False

    def learn(self, known: webhooks.Subscribed) -> None:
        """It was asked along with something else."""
        if known.asked_at > self._known.asked_at:
            self._known = known

    async def want(self, fact: Envelope) -> bool:
        """Whether a fact is to be told; raises what the database raises."""
        if not self._asked and not self._covers(fact):
            async with statement(self._pool) as conn:
                self.learn(await webhooks.subscribed(conn))
            self._asked = True
        return fact.event in self._known.events

    def _covers(self, fact: Envelope) -> bool:
        """By the clock of the database, which stamps the facts of the core; signals are stamped by others."""
        return fact.tx > 0 and fact.recorded_at < self._known.asked_at
