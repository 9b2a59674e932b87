"""From Faust's events to landed cuts: collects for a fraction of a second, packs the next cut while one is landing."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Protocol

import structlog

from clickhouse.sink.cuts import Partition
from clickhouse.sink.lander import Lander, Prepared
from clickhouse.sink.reading import Message
from clickhouse.sink.status import Status

log = structlog.get_logger()

SHORTEST_SECONDS = 0.04
LONGEST_SECONDS = 2.0
# A cut that took long was many rows or a busy machine: then fewer and larger cuts leave the others more of it.
PAUSE_PER_FLUSH = 1.5
CUT_BYTES = 12 * 1024 * 1024
WAITING_BYTES = 48 * 1024 * 1024


class Arrival(Protocol):
    """A message handed over by Faust, acknowledged when it has landed."""

    message: Message

    def ack(self) -> None:
        """Let the group's offset pass this message."""


Seek = Callable[[Partition, int], Awaitable[None]]


class Flow:
    """One sink's work on one assignment after another."""

    def __init__(self, lander: Lander, status: Status, seek: Seek) -> None:
        self._lander, self._status, self._seek = lander, status, seek
        self._waiting: deque[Arrival] = deque()
        self._bytes = 0
        self._assigned: set[Partition] | None = None
        self._next: dict[Partition, int] = {}
        self._room, self._arrived, self._full = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._landing: asyncio.Task[None] | None = None
        self._last_flush = 0.0
        self._room.set()

    async def put(self, arrival: Arrival) -> None:
        """Hand over one message; waits while too many bytes are waiting to be landed."""
        await self._room.wait()
        self._waiting.append(arrival)
        self._bytes += len(arrival.message.body)
        if self._bytes > WAITING_BYTES:
            self._room.clear()
        if self._bytes >= CUT_BYTES:
            self._full.set()
        self._arrived.set()

    async def assigned(self, partitions: Iterable[Partition]) -> None:
        """Begin anew with these partitions: what waits is of another assignment and will be read again."""
        self._forget()
        self._assigned = set(partitions)
        self._arrived.set()

    async def revoked(self) -> None:
        """Finish what is landing, forget what waits: somebody else may get the partitions."""
        self._forget()
        if self._landing:
            await asyncio.wait({self._landing})

    async def run(self) -> None:
        """Land what arrives until cancelled; an error that retrying cannot mend ends it."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self._assigned is not None:
                await self._take_over()
            while self._waiting and self._assigned is None:
                await self._pause()
                await self._cut(self._collect())
            await self._landed()
            if self._next:
                self._status.moved("idle")

    async def _take_over(self) -> None:
        partitions, self._assigned = self._assigned or set(), None
        await self._landed()
        if partitions:
            log.info("taking over", partitions=len(partitions))
            self._next = await asyncio.to_thread(self._lander.take_over, partitions)
            log.info("took over", partitions=len(partitions), landed=sum(self._next.values()))

    async def _pause(self) -> None:
        """Let messages gather, until there are enough for a cut of full size."""
        seconds = min(LONGEST_SECONDS, max(SHORTEST_SECONDS, PAUSE_PER_FLUSH * self._last_flush))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._full.wait(), seconds)

    def _collect(self) -> list[Arrival]:
        taken: list[Arrival] = []
        size = 0
        while self._waiting and size < CUT_BYTES:
            arrival = self._waiting.popleft()
            taken.append(arrival)
            size += len(arrival.message.body)
        self._bytes -= size
        if self._bytes <= WAITING_BYTES // 2:
            self._room.set()
        if self._bytes < CUT_BYTES:
            self._full.clear()
        self._status.waiting.set(len(self._waiting))
        return taken

    async def _cut(self, taken: list[Arrival]) -> None:
        wanted = [arrival for arrival in taken if await self._follows(arrival.message)]
        if not wanted:
            return
        self._status.busy()
        prepared = await asyncio.to_thread(self._lander.prepare, [arrival.message for arrival in wanted])
        await self._landed()
        self._landing = asyncio.create_task(self._land(prepared, wanted))

    async def _follows(self, message: Message) -> bool:
        """Whether this is the next message of its partition; where offsets were skipped, read them again."""
        place = (message.topic, message.partition)
        due = self._next.get(place)
        if due is None or message.offset < due:
            return False
        if message.offset == due:
            self._next[place] = due + 1
            return True
        log.error("offsets were skipped, reading them again", topic=place[0], partition=place[1], due=due)
        self._status.gaps.inc()
        await self._seek(place, due)
        return False

    async def _land(self, prepared: Prepared, landed: list[Arrival]) -> None:
        began = time.monotonic()
        await asyncio.to_thread(self._lander.land, prepared)
        for arrival in landed:
            arrival.ack()
        self._last_flush = time.monotonic() - began
        self._tell(prepared)

    def _tell(self, prepared: Prepared) -> None:
        self._status.flushes.observe(self._last_flush)
        for insert in prepared.batch.inserts:
            self._status.rows.labels(insert.table).inc(insert.rows)
        self._status.letters.inc(len(prepared.letters))
        self._status.repeats.set(self._lander.repeats.dropped)
        self._status.moved("landing")

    async def _landed(self) -> None:
        """Wait for the cut that is landing; raises what it raised."""
        if self._landing:
            await self._landing
            self._landing = None

    def _forget(self) -> None:
        self._waiting.clear()
        self._next, self._bytes = {}, 0
        self._full.clear()
        self._room.set()
