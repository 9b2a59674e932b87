"""Sends the clicks of a file to the log, each once: chunk by chunk, noted before it is sent and marked after.

A run that finds a chunk noted but not marked reads the log from the noted offsets on and sends only what is missing.
Clicks that another file of the same source has brought are left out by what has landed of them.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.history import service as history
from clickhouse import client
from stack.imports.booking import Booker
from stack.imports.clicklog import ClickLog
from stack.imports.rees46 import CLICKS, Visit
from stack.imports.sessions import session_id
from stack.imports.target import Target
from streams.events import Envelope
from streams.events.tracking import ClickTracked

CLICKS_A_CHUNK = 5_000
SOURCE = "import"
_LANDED = (
    "SELECT event_id FROM landing_clicks WHERE source = {source:String} "
    "AND occurred_at BETWEEN {first:DateTime64(3, 'UTC')} AND {last:DateTime64(3, 'UTC')}"
)


class Sent(msgspec.Struct):
    """What a run sent: how many clicks, and the last offset of each partition they went to."""

    clicks: int = 0
    offsets: dict[int, int] = msgspec.field(default_factory=dict)


class Sender:
    """Sends one file's clicks; `booker` knows its products and accounts, `by` is how far times are moved."""

    def __init__(self, target: Target, booker: Booker, by: timedelta, advance: Callable[[int], object]) -> None:
        self.target, self.booker, self.by, self.advance = target, booker, by, advance
        self.plan = booker.plan
        self._file = f"clicks:{self.plan.fingerprint()}:"

    async def run(self, visits: Iterable[Visit]) -> Sent:
        """Send what is not in the log yet, and wait for Kafka's acknowledgement of all of it."""
        done = await self.booker.transact(lambda conn: history.marks(conn, self.plan.source))
        others = any(mark.startswith("clicks:") and not mark.startswith(self._file) for mark in done)
        sent, log = Sent(), await asyncio.to_thread(ClickLog, self.target.kafka_bootstrap, self.target.topic_prefix)
        try:
            for number, chunk in enumerate(_chunks(visits)):
                if f"{self._file}{number}:done" not in done:
                    clicks = [self._click(visit) for visit in chunk]
                    known = await self._landed(clicks) if others else set()
                    await self._send(log, number, [c for c in clicks if c.event_id not in known], done, sent)
                self.advance(len(chunk))
        finally:
            await asyncio.to_thread(log.close)
        return sent

    async def _send(self, log: ClickLog, number: int, clicks: list[Envelope], done: set[str], sent: Sent) -> None:
        noted = f"{self._file}{number}:from:"
        starts = next((mark.removeprefix(noted) for mark in done if mark.startswith(noted)), None)
        if starts is None:
            ends = await asyncio.to_thread(log.ends)
            await self._mark(noted + ",".join(map(str, ends)))
        else:
            there = await asyncio.to_thread(log.since, [int(start) for start in starts.split(",")])
            clicks = [click for click in clicks if click.event_id not in there]
        sent.offsets |= await asyncio.to_thread(log.publish, clicks)
        sent.clicks += len(clicks)
        await self._mark(f"{self._file}{number}:done")

    async def _mark(self, item: str) -> None:
        async def work(conn: AsyncConnection) -> None:
            await history.mark(conn, self.plan.source, item)

        await self.booker.transact(work)

    async def _landed(self, clicks: list[Envelope]) -> set[UUID]:
        """Which of some clicks stand in the warehouse already."""
        moments = [click.occurred_at for click in clicks]
        between = {"source": SOURCE, "first": min(moments), "last": max(moments)}
        return await asyncio.to_thread(self._ask, between)

    def _ask(self, between: dict[str, object]) -> set[UUID]:
        with client.operator_pages(self.target.clickhouse) as connection:
            return {row[0] for row in connection.query(_LANDED, parameters=between).result_rows}

    def _click(self, visit: Visit) -> Envelope:
        at, goods = visit.at + self.by, self.booker.goods[visit.sku]
        event_id = ids.derived(at, self.plan.source, "click", visit.key)
        session = session_id(visit.session)
        name = CLICKS[visit.kind]
        click = ClickTracked(
            click_id=event_id,
            click_name=name,
            session_id=session,
            user_id=self.booker.accounts[visit.user],
            received_at=at,
            source=SOURCE,
            product_id=goods.product_id,
            seller_id=goods.seller_id,
            quantity=1 if name == "Product Added" else None,
            price_minor=visit.price_minor,
            currency=self.plan.currency,
        )
        return Envelope(
            event_id=event_id,
            event=click.name,
            version=click.version,
            aggregate_id=session,
            aggregate_seq=0,
            tx=0,
            occurred_at=at,
            recorded_at=ids.now(),
            correlation_id=f"import:{self.plan.source}:clicks",
            payload=click,
        )


def _chunks(visits: Iterable[Visit]) -> Iterator[list[Visit]]:
    several = iter(visits)
    while chunk := list(islice(several, CLICKS_A_CHUNK)):
        yield chunk
