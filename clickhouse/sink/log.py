"""Reads given ranges of the log with a plain consumer: where it begins and ends, and exactly the offsets of a cut."""

import time
from collections.abc import Iterable

from kafka import KafkaConsumer, TopicPartition

import streams.checksums  # noqa: F401 - checksums in C
from clickhouse.sink.cuts import Partition, Range
from clickhouse.sink.reading import Message

FETCH_BYTES = 16 * 1024 * 1024
SILENCE_SECONDS = 60


class LogError(RuntimeError):
    """The log does not hold what ClickHouse says it has taken from it."""


class Log:
    """The topics of one prefix, read without a group and without committing anything."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap, self._prefix = bootstrap, prefix

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, Range]:
        """First offset held and next offset to be written, per partition."""
        places = {self._kafka(place): place for place in partitions}
        consumer = self._consumer()
        try:
            first, last = consumer.beginning_offsets(list(places)), consumer.end_offsets(list(places))
            return {place: (first[tp], last[tp]) for tp, place in places.items()}
        finally:
            consumer.close()

    def read(self, ranges: dict[Partition, Range]) -> list[Message]:
        """Every message of some ranges (first and last offset); LogError when the log no longer holds them."""
        found: list[Message] = []
        consumer = self._consumer()
        try:
            consumer.assign([self._kafka(place) for place in ranges])
            for place, (first, _) in ranges.items():
                consumer.seek(self._kafka(place), first)
            missing = {place: last for place, (_, last) in ranges.items()}
            self._fill(consumer, ranges, missing, found)
        finally:
            consumer.close()
        return sorted(found, key=lambda message: (message.topic, message.partition, message.offset))

    def _fill(
        self,
        consumer: KafkaConsumer,
        ranges: dict[Partition, Range],
        missing: dict[Partition, int],
        found: list[Message],
    ) -> None:
        heard = time.monotonic()
        while missing:
            for tp, records in consumer.poll(timeout_ms=500).items():
                place = (tp.topic.removeprefix(self._prefix), tp.partition)
                last = ranges[place][1]
                found += [Message(*place, record.offset, record.value) for record in records if record.offset <= last]
                heard = time.monotonic()
                if records[-1].offset >= last:
                    missing.pop(place, None)
            if time.monotonic() - heard > SILENCE_SECONDS:
                raise LogError(f"the log does not give the noted offsets of {sorted(missing)}")

    def _kafka(self, place: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + place[0], place[1])

    def _consumer(self) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_bytes=FETCH_BYTES,
        )
