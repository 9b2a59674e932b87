"""The worker's rhythm: take messages, reduce them at once, and every quarter of a second write what changed."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import structlog
from faust.types import EventT
from faust.types.tuples import Message

from streams import metrics, repeats
from streams.appender import Appender, Place, Record
from streams.contiguous import Contiguous
from streams.events import Envelope
from streams.events.codec import Undecodable, encode
from streams.events.dead_letters import REPLAY_HEADER, DeadLetter, encode_letters
from streams.events.partitions import partition_of
from streams.events.registry import DEAD_LETTER_TOPIC, SIGNAL_TOPIC
from streams.reading import Place as LinePlace
from streams.reading import letter, read_message
from streams.reducers import WANTED, Reducers
from streams.signalled import Signalled
from streams.tables import Table
from streams.watch import TOPICS as TOLD_OF

FLUSH_S = 0.25
BUSY_FLUSH_S = 1.0
BUSY_LINES = 2_000
"""With this much to do between two flushes, flushes wait for each other longer: a key that changes often is written
less often."""
MOST_LINES_WAITING = 50_000

log = structlog.get_logger()

Stored = Callable[[str], tuple[dict[str, bytes], dict[str, int]]]
"""Values and partitions by key of a table, as its changelog has them."""


class Worker:
    """Holds the tables, and knows which messages their stored form does not cover yet.

    A flush writes signals and dead letters first, then tables, then progress marks, and acknowledges last: whatever
    point it dies at, what is read again either changes nothing or is written again under the same id.
    """

    def __init__(
        self,
        prefix: str,
        changelog: str,
        appender: Appender,
        *,
        reducers: Reducers,
        signalled: Signalled,
        recall: repeats.Recall,
        offsets: Contiguous,
    ) -> None:
        self.reducers = reducers
        self.loaded = asyncio.Event()
        self._prefix = prefix
        self._changelog = changelog
        self._appender = appender
        self._signalled = signalled
        self._recall = recall
        self._repeats = repeats.Repeats()
        self._offsets = offsets
        self._flushing = asyncio.Lock()
        self._overdue_known = False
        self._forget_work()

    def _forget_work(self) -> None:
        self._pending: list[EventT[bytes]] = []
        self._signals: list[Envelope] = []
        self._letters: list[DeadLetter] = []
        self._lines = 0

    def load(self, stored: Stored) -> None:
        """Begin, or begin again, from the stored tables."""
        for table in (*self.reducers.tables, self.reducers.progress.table):
            table.load(*stored(table.name))
        self._forget_work()
        self._offsets.forget()
        self._repeats.forget()
        self._signalled.forget()
        self._overdue_known = False
        self.reducers.clock.forget()
        self.reducers.watch.arm()
        self.reducers.touch_cached()
        self.reducers.touch_documents()
        self.loaded.set()

    def unload(self) -> None:
        """Forget what is not written: the partitions go elsewhere, or come back and are read again."""
        self.loaded.clear()
        self._forget_work()

    async def take(self, event: EventT[bytes]) -> None:
        """Reduce one message; GapError when messages before it are missing."""
        if self._lines > MOST_LINES_WAITING:
            await self.flush()
        await self._learn_overdue()
        message = event.message
        place = message.topic, message.partition
        if self._offsets.is_new(place):
            await self._learn(message)
        if self.loaded.is_set() and self._offsets.is_due(place, message.offset):
            self._reduce(message)
            self._pending.append(event)

    async def _learn_overdue(self) -> None:
        """What an earlier start may have told of timers that this one finds overdue."""
        if self.loaded.is_set() and not self._overdue_known:
            since = self.reducers.watch.overdue_since
            if since is not None:
                await self._signalled.learn(since.timestamp() * 1000)
            self._overdue_known = True

    async def _learn(self, message: Message) -> None:
        """What stood in the log before the first message of a partition."""
        topic = message.topic.removeprefix(self._prefix)
        if topic in TOLD_OF:
            await self._signalled.learn(message.timestamp * 1000)
        if topic in repeats.TOPICS:
            ids = await self._recall(message.topic, message.partition, message.offset)
            self._repeats.learn(topic, message.partition, ids)

    def _reduce(self, message: Message) -> None:
        topic = message.topic.removeprefix(self._prefix)
        replayed = _replayed(message)
        count = 0
        self.reducers.clock.read(topic, message.partition, datetime.fromtimestamp(message.timestamp, UTC))
        for number, found in read_message(message.value or b"", WANTED):
            place = LinePlace(topic, message.partition, message.offset, number)
            if isinstance(found, Undecodable):
                self._put_aside(found, place)
            elif self.reducers.take_replay(replayed, place) if replayed else self._repeats.is_new(found, place):
                self._signals += self.reducers.apply(found, place)
                count += 1
        self._lines += count
        metrics.LINES.labels(topic).inc(count)

    def _put_aside(self, bad: Undecodable, place: LinePlace) -> None:
        found = letter(place, bad)
        log.warning("line set aside", letter=found.id, reason=found.reason)
        metrics.LETTERS.labels(place.topic).inc()
        self.reducers.put_aside(found.id, place.partition)
        self._letters.append(found)

    async def run(self) -> None:
        """Flush for ever, every quarter of a second, every second when there is much to do but nothing to tell."""
        flushed = time.monotonic()
        while True:
            await asyncio.sleep(FLUSH_S)
            if await self._fire() or self._lines < BUSY_LINES or time.monotonic() - flushed >= BUSY_FLUSH_S:
                await self.flush()
                flushed = time.monotonic()

    async def _fire(self) -> bool:
        """Take what became due; whether there is something to tell."""
        await self._learn_overdue()
        if self.loaded.is_set():
            self._signals += self.reducers.watch.fire()
        return bool(self._signals)

    async def flush(self) -> None:
        """Write everything that the messages taken so far have changed, then acknowledge them."""
        async with self._flushing:
            if self.loaded.is_set() and (self._pending or self._signals):
                with metrics.FLUSH.time():
                    await self._write()

    async def _write(self) -> None:
        pending, signals, letters = self._pending, self._signalled.missing(self._signals), self._letters
        self._forget_work()
        self.reducers.sales.forget_old()
        changes = self._changes(self.reducers.tables)
        marks = self._changes([self.reducers.progress.table])
        await self._appender.append(_signal_records(self._prefix, signals) | _letter_records(self._prefix, letters))
        await self._appender.append(changes)
        await self._appender.append(marks)
        for event in pending:
            event.ack()

    def _changes(self, tables: Iterable[Table[Any]]) -> dict[Place, list[Record]]:
        records: dict[Place, list[Record]] = defaultdict(list)
        for table in tables:
            topic = self._changelog.format(table.name)
            changes = list(table.changes())
            for partition, key, value in changes:
                records[topic, partition].append(Record(key.encode(), value))
            metrics.CHANGES.labels(table.name).inc(len(changes))
            metrics.KEYS.labels(table.name).set(len(table))
        return records


def _replayed(message: Message) -> str | None:
    found = dict(message.headers or ()).get(REPLAY_HEADER)
    return found.decode() if found else None


def _signal_records(prefix: str, signals: Iterable[Envelope]) -> dict[Place, list[Record]]:
    records: dict[Place, list[Record]] = defaultdict(list)
    for signal in signals:
        place = prefix + SIGNAL_TOPIC, partition_of(signal.aggregate_id)
        records[place].append(Record(None, encode(signal)))
        metrics.SIGNALS.labels(signal.event).inc()
    return records


def _letter_records(prefix: str, letters: Iterable[DeadLetter]) -> dict[Place, list[Record]]:
    records: dict[Place, list[Record]] = defaultdict(list)
    for found in letters:
        records[prefix + DEAD_LETTER_TOPIC, found.partition].append(Record(None, encode_letters([found])))
    return records
