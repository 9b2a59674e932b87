"""Sends the clicks of a file to the log, each once: chunk by chunk, noted before it is sent and marked after.

A run that finds a chunk noted but not marked reads the log from the noted offsets on and sends only what is missing.
Clicks that another file of the same source has brought are left out by what has landed of them, once all has landed
that stood in the log before.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from uuid import UUID

import msgspec
import stamina
from kafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.collector import messages
from api.history import service as history
from api.tracking.clicks import Line
from api.tracking.log import ClickLog, Ends
from clickhouse import client
from stack.imports.booking import OUTAGE_SECONDS, Booker
from stack.imports.rees46 import CLICKS, Visit
from stack.imports.sessions import session_id
from stack.imports.target import Target
from stack.imports.waiting import until_clicked
from streams.events import Envelope, codec
from streams.events.partitions import partition_of
from streams.events.tracking import ClickTracked

CLICKS_A_CHUNK = 5_000
SOURCE = "import"
_LANDED = (
    "SELECT event_id FROM landing_clicks WHERE source = {source:String} "
    "AND occurred_at BETWEEN {first:DateTime64(3, 'UTC')} AND {last:DateTime64(3, 'UTC')}"
)


class Sent(msgspec.Struct):
    """What a run sent: how many clicks, and the next offset of each partition after them."""

    clicks: int = 0
    offsets: dict[int, int] = msgspec.field(default_factory=dict)

    def add(self, more: "Sent") -> None:
        """Count what was sent after this."""
        self.clicks += more.clicks
        self.offsets = more.offsets


class Sender:
    """Sends one file's clicks; `booker` knows its products and accounts, `by` is how far times are moved."""

    def __init__(self, target: Target, booker: Booker, by: timedelta, advance: Callable[[int], object]) -> None:
        self.target, self.booker, self.by, self.advance = target, booker, by, advance
        self.plan = booker.plan
        self._file = f"clicks:{self.plan.fingerprint()}:"
        self._log: ClickLog | None = None
        self._ends: Ends | None = None

    async def run(self, visits: Iterable[Visit]) -> Sent:
        """Send what is not in the log yet, and wait for Kafka's acknowledgement of all of it."""
        done = await self.booker.transact(lambda conn: history.marks(conn, self.plan.source))
        others = any(mark.startswith("clicks:") and not mark.startswith(self._file) for mark in done)
        sent = Sent()
        try:
            if others:
                await until_clicked(self.target.clickhouse, (await self._published([], None)).offsets)
            for number, chunk in enumerate(_chunks(visits)):
                if f"{self._file}{number}:done" not in done:
                    lines = [self._line(visit) for visit in chunk]
                    known = await self._landed(chunk) if others else set()
                    await self._send(number, [line for line in lines if line.click_id not in known], done, sent)
                self.advance(len(chunk))
        finally:
            await asyncio.to_thread(self._close)
        return sent

    async def _send(self, number: int, lines: list[Line], done: set[str], sent: Sent) -> None:
        noted = f"{self._file}{number}:from:"
        starts = next((mark.removeprefix(noted) for mark in done if mark.startswith(noted)), None)
        if starts is None:
            begin = self._ends or (await self._published([], None)).offsets
            await self._mark(noted + ",".join(str(begin[partition]) for partition in sorted(begin)))
        else:
            await asyncio.to_thread(self._close)
            begin = dict(enumerate(map(int, starts.split(","))))
        sent.add(await self._published(lines, begin))
        await self._mark(f"{self._file}{number}:done")

    async def _published(self, lines: list[Line], starts: Ends | None) -> Sent:
        """Have lines in the log behind `starts`, each once; what was not there yet and had to be sent."""
        async for attempt in stamina.retry_context(on=KafkaError, attempts=None, timeout=OUTAGE_SECONDS, wait_max=2.0):
            with attempt:
                return await asyncio.to_thread(self._publish, lines, starts)
        raise AssertionError("a retry context ends with an answer or an error")

    def _publish(self, lines: list[Line], starts: Ends | None) -> Sent:
        try:
            if self._log is None or self._ends is None:
                self._log = ClickLog(self.target.kafka_bootstrap, self.target.topic_prefix)
                there, self._ends = self._log.tail(starts, 0)
                lines = [line for line in lines if line.click_id not in there]
            self._ends = self._ends | self._log.publish(list(messages(lines)))
        except KafkaError:
            self._close()
            raise
        return Sent(len(lines), self._ends)

    def _close(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            log.close()

    async def _mark(self, item: str) -> None:
        async def work(conn: AsyncConnection) -> None:
            await history.mark(conn, self.plan.source, item)

        await self.booker.transact(work)

    async def _landed(self, chunk: list[Visit]) -> set[UUID]:
        """Which clicks of the time of some visits stand in the warehouse already."""
        moments = [visit.at + self.by for visit in chunk]
        between = {"source": SOURCE, "first": min(moments), "last": max(moments)}
        return await asyncio.to_thread(self._ask, between)

    def _ask(self, between: dict[str, object]) -> set[UUID]:
        with client.operator_pages(self.target.clickhouse) as connection:
            return {row[0] for row in connection.query(_LANDED, parameters=between).result_rows}

    def _line(self, visit: Visit) -> Line:
        click, at = self._click(visit), visit.at + self.by
        envelope = Envelope(
            event_id=click.click_id,
            event=click.name,
            version=click.version,
            aggregate_id=click.session_id,
            aggregate_seq=0,
            tx=0,
            occurred_at=at,
            recorded_at=ids.now(),
            correlation_id=f"import:{self.plan.source}:clicks",
            payload=click,
        )
        return Line(partition_of(click.session_id), click.click_id, click.session_id, codec.encode(envelope))

    def _click(self, visit: Visit) -> ClickTracked:
        """The click at its own time: an importer is trusted with dates (R-TRK-7 is about shoppers' clients)."""
        at, goods, name = visit.at + self.by, self.booker.goods[visit.sku], CLICKS[visit.kind]
        return ClickTracked(
            click_id=ids.derived(at, self.plan.source, "click", visit.key),
            click_name=name,
            session_id=session_id(visit.session),
            user_id=self.booker.accounts[visit.user],
            received_at=at,
            source=SOURCE,
            product_id=goods.product_id,
            seller_id=goods.seller_id,
            quantity=1 if name == "Product Added" else None,
            price_minor=visit.price_minor,
            currency=self.plan.currency,
        )


def _chunks(visits: Iterable[Visit]) -> Iterator[list[Visit]]:
    several = iter(visits)
    while chunk := list(islice(several, CLICKS_A_CHUNK)):
        yield chunk
