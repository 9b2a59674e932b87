"""Keeps Faust tables in memory and restores them from their changelogs in bulk.

Faust's own recovery handles each changelog message like an event of its own, about 0.1 ms of a core each: a worker
with half a million of them would be away for a minute. This store reads them as batches when partitions are assigned
and tells Faust that it is up to date, so that nothing is left to recover.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.stores import STORES
from faust.stores.memory import Store
from faust.types import TP

URL = "bulk://"
FETCH_BYTES = 16 * 1024 * 1024

log = structlog.get_logger()


class BulkStore(Store[Any, Any]):
    """A dictionary per table, filled from the changelog up to its end at every assignment."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._next: dict[TP, int] = {}

    def persisted_offset(self, tp: TP) -> int | None:
        """Offset of the last changelog message that is in the store; None for a partition that is not ours."""
        return self._next[tp] - 1 if tp in self._next else None

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Nothing is kept between starts."""

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Read on to the end of every changelog partition that is ours now."""
        topic = self.table.changelog_topic.get_topic_name()
        ours = {TP(tp.topic, tp.partition) for tp in assigned if tp.topic == topic}
        self._forget(lost={tp for tp in self._next if tp not in ours})
        if ours:
            async with reader(self.app.conf.broker[0]) as consumer:
                await self._read_on(consumer, ours)

    def _forget(self, lost: set[TP]) -> None:
        for tp in lost:
            del self._next[tp]
        gone = {tp.partition for tp in lost}
        for key in [key for key, partition in self._key_partition.items() if partition in gone]:
            self.data.pop(key, None)
            self._key_partition.pop(key, None)

    async def _read_on(self, consumer: AIOKafkaConsumer, ours: Iterable[TP]) -> None:
        places = [TopicPartition(*tp) for tp in ours]
        consumer.assign(places)
        ends, earliest = await consumer.end_offsets(places), await consumer.beginning_offsets(places)
        for place in places:
            tp = TP(place.topic, place.partition)
            self._next[tp] = max(self._next.get(tp, 0), earliest[place])
            consumer.seek(place, self._next[tp])
        open_places = {place for place in places if self._next[TP(place.topic, place.partition)] < ends[place]}
        while open_places:
            for messages in (await consumer.getmany(timeout_ms=1_000)).values():
                self._take(messages)
            open_places = {place for place in open_places if await consumer.position(place) < ends[place]}
        for place in places:
            self._next[TP(place.topic, place.partition)] = await consumer.position(place)

    def _take(self, messages: Iterable[Any]) -> None:
        for message in messages:
            if message.value is None:
                self.data.pop(message.key, None)
                self._key_partition.pop(message.key, None)
            else:
                self.data[message.key] = message.value
                self._key_partition[message.key] = message.partition


@asynccontextmanager
async def reader(bootstrap: object) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group, for reading chosen partitions; `bootstrap` is host:port or Faust's URL of it."""
    address = str(bootstrap).rpartition("//")[2]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=address,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


STORES.aliases["bulk"] = f"{__name__}:BulkStore"
