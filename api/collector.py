"""Brings clicks to Kafka: a call is answered when its clicks are safe, in the log or on disk (R-TRK-1, R-TRK-2).

One thread takes whatever waits, writes it as few messages, and waits for Kafka; what arrives meanwhile is the next
batch. While Kafka is away, batches go to the spool. When it is back, the log is read from where it was last known, so
that a message whose acknowledgement was lost is not written twice, and the spool is delivered before anything newer.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from uuid import UUID

import structlog
from kafka.errors import KafkaError
from prometheus_client import Counter, Gauge

from api.errors import Unavailable
from api.tracking.clicks import Line
from api.tracking.log import ClickLog, Ends, answers, click_ids
from api.tracking.spool import Message, Spool, SpoolFull
from streams.events.partitions import LINES_PER_MESSAGE

MOST_WAITING = 20_000
MOST_RECENT = 100_000
MOST_AT_ONCE = 5_000
TAIL_MESSAGES = 300
DRAIN_MESSAGES = 64
RETRY_S = 1.0
IDLE_S = 0.5
STOP_S = 10.0

SAFE = Counter("atlantic_clicks_safe_total", "Clicks that are safe, by where", ["place"])
DUPLICATES = Counter("atlantic_clicks_duplicate_total", "Clicks that were there already")
SPOOLED = Gauge("atlantic_click_spool_bytes", "Bytes of clicks that wait on disk for Kafka")

log = structlog.get_logger()


@dataclass(frozen=True)
class _Batch:
    """The clicks of one call, and whom to tell when they are safe."""

    lines: Sequence[Line]
    loop: asyncio.AbstractEventLoop
    done: "asyncio.Future[None]"

    def settle(self, error: Exception | None = None) -> None:
        self.loop.call_soon_threadsafe(self._settle, error)

    def _settle(self, error: Exception | None) -> None:
        if self.done.cancelled():
            return
        if error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)


class Recent:
    """The last clicks that were taken, bounded: a click that comes again is dropped."""

    def __init__(self, most: int = MOST_RECENT) -> None:
        self._most = most
        self._ids: dict[UUID, None] = {}

    def __contains__(self, click_id: UUID) -> bool:
        return click_id in self._ids

    def add(self, click_ids: Iterable[UUID]) -> None:
        """Remember clicks, forgetting the oldest beyond the bound."""
        self._ids.update(dict.fromkeys(click_ids))
        for oldest in list(islice(self._ids, max(0, len(self._ids) - self._most))):
            del self._ids[oldest]


def messages(lines: Sequence[Line]) -> Iterator[Message]:
    """Lines as messages of one partition and at most 500 lines, the order of each session kept."""
    ordered = sorted(lines, key=lambda line: line.partition)
    for partition, group in groupby(ordered, key=lambda line: line.partition):
        bodies = [line.body for line in group]
        for start in range(0, len(bodies), LINES_PER_MESSAGE):
            yield partition, b"\n".join(bodies[start : start + LINES_PER_MESSAGE])


class Collector:
    """The thread, the spool and the connection; `start`, then `submit` from any event loop, then `stop`."""

    def __init__(self, bootstrap: str, prefix: str, home: Path, *, spool_bytes: int) -> None:
        self._bootstrap, self._prefix = bootstrap, prefix
        self._spool = Spool(home / "spool" / f"{prefix}clicks", spool_bytes)
        self._queue: SimpleQueue[_Batch] = SimpleQueue()
        self._waiting = 0
        self._recent = Recent()
        self._log: ClickLog | None = None
        self._ends: Ends | None = None
        self._there: set[UUID] = set()
        self._retry_at = 0.0
        self._away = False
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="collector", daemon=True)

    def start(self) -> None:
        """Begin to take clicks."""
        for (_, body), _ in self._spool.waiting():
            self._recent.add(click_ids(body))
        self._thread.start()

    def stop(self) -> None:
        """Finish what was submitted, then end."""
        self._stopping.set()
        self._thread.join(STOP_S)

    async def submit(self, lines: Sequence[Line]) -> None:
        """Return once the clicks are safe; Unavailable when neither Kafka nor the spool takes them."""
        if not lines:
            return
        if self._waiting + len(lines) > MOST_WAITING or not self._thread.is_alive():
            raise Unavailable("Too many clicks wait; send them again.", retry_after=1)
        loop = asyncio.get_running_loop()
        batch = _Batch(lines, loop, loop.create_future())
        self._waiting += len(lines)
        try:
            self._queue.put(batch)
            await batch.done
        finally:
            self._waiting -= len(lines)

    def _run(self) -> None:
        while not (self._stopping.is_set() and self._queue.empty()):
            batches = list(self._next())
            try:
                self._handle(batches)
            except Exception as error:  # whatever it is, this thread goes on, and who waits hears of it
                log.error("collector failed", exc_info=error)
                self._lost()
                for batch in batches:
                    batch.settle(Unavailable("The clicks were not taken; send them again.", retry_after=1))
        self._lost()
        self._spool.close()

    def _next(self) -> Iterator[_Batch]:
        try:
            batch = self._queue.get(timeout=0 if self._draining else IDLE_S)
            taken = len(batch.lines)
            yield batch
            while taken < MOST_AT_ONCE:
                batch = self._queue.get_nowait()
                taken += len(batch.lines)
                yield batch
        except Empty:
            return

    def _handle(self, batches: Sequence[_Batch]) -> None:
        if self._log is None:
            self._reconnect()
        if self._draining:  # first of all: a full spool takes no more until some of it is delivered
            self._drain()
        fresh = list(self._fresh(batches))
        try:
            self._keep(fresh)
        except SpoolFull:
            for batch in batches:
                batch.settle(Unavailable("Kafka is away and the buffer is full; send them again.", retry_after=5))
            return
        self._recent.add(line.click_id for line in fresh)
        for batch in batches:
            batch.settle()

    def _fresh(self, batches: Sequence[_Batch]) -> Iterator[Line]:
        seen: set[UUID] = set()
        for line in (line for batch in batches for line in batch.lines):
            if line.click_id in seen or line.click_id in self._recent:
                DUPLICATES.inc()
                continue
            seen.add(line.click_id)
            yield line

    def _keep(self, lines: Sequence[Line]) -> None:
        """Have the lines in Kafka, or on disk while Kafka is away or older ones wait there."""
        several = list(messages(lines))
        if several and not self._spool.size and self._published(several):
            SAFE.labels("log").inc(len(lines))
        elif several:
            self._spool.append(several)
            SAFE.labels("spool").inc(len(lines))
        SPOOLED.set(self._spool.size)

    def _published(self, several: Sequence[Message]) -> bool:
        if self._log is None or self._ends is None:
            return False
        try:
            self._ends |= self._log.publish(several)
        except KafkaError as error:
            log.warning("kafka does not take clicks; they go to the spool", reason=type(error).__name__)
            self._lost()
            return False
        return True

    def _lost(self) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        connection, self._log = self._log, None
        if connection is not None:
            connection.close()

    def _reconnect(self) -> None:
        """Connect and learn what the log holds; a failure is tried again a second later."""
        if time.monotonic() < self._retry_at:
            return
        try:
            answers(self._bootstrap)
            self._log = ClickLog(self._bootstrap, self._prefix)
            self._there, self._ends = self._log.tail(self._ends, TAIL_MESSAGES)
            self._recent.add(self._there)
            self._away = False
        except (KafkaError, OSError) as error:
            if not self._away:
                log.warning("kafka is away; clicks go to the spool", reason=type(error).__name__)
            self._away = True
            self._lost()

    @property
    def _draining(self) -> bool:
        return self._log is not None and self._spool.size > 0

    def _drain(self) -> None:
        """Deliver the next part of the spool, but what the log holds already."""
        part = list(islice(self._spool.waiting(), DRAIN_MESSAGES))
        missing = [left for message, _ in part if (left := _without(message, self._there))]
        if self._published(missing):
            self._spool.delivered(part[-1][1])
        SPOOLED.set(self._spool.size)


def _without(message: Message, there: set[UUID]) -> Message | None:
    partition, body = message
    lines = body.split(b"\n")
    left = [line for line, click_id in zip(lines, click_ids(body), strict=True) if click_id not in there]
    return (partition, b"\n".join(left)) if left else None
