"""The click topic as an import needs it: publish and know where it landed, and read back what a killed run left."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from uuid import UUID

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.events import Envelope
from streams.events.codec import encode_message
from streams.events.partitions import LINES_PER_MESSAGE, PARTITIONS, partition_of
from streams.events.registry import CLICK_TOPIC

DELIVERY_TIMEOUT_MS = 120_000
SETTLE_SECONDS = 0.3
READ_SECONDS = 120.0
MAX_REQUEST_BYTES = 8 * 1024 * 1024


class _Named(msgspec.Struct):
    event_id: UUID


_named = msgspec.json.Decoder(_Named)


class ClickLog:
    """Writer and reader of one instance's click topic; Kafka's errors are raised as they are."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._topic = prefix + CLICK_TOPIC
        self._places = [TopicPartition(self._topic, partition) for partition in range(PARTITIONS)]
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            client_id="atlantic-import",
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            max_request_size=MAX_REQUEST_BYTES,
            delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
            request_timeout_ms=10_000,
            max_block_ms=60_000,
            bootstrap_timeout_ms=60_000,
            reconnect_backoff_max_ms=1_000,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            client_id="atlantic-import-tail",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=MAX_REQUEST_BYTES,
            bootstrap_timeout_ms=60_000,
            reconnect_backoff_max_ms=1_000,
            metrics_enabled=False,
        )

    def publish(self, clicks: Iterable[Envelope]) -> dict[int, int]:
        """Write clicks and wait for every acknowledgement; the last offset of each partition that got some."""
        sent = [
            (partition, self._producer.send(self._topic, value=encode_message(lines), partition=partition))
            for partition, lines in _messages(clicks)
        ]
        return {partition: future.get(timeout=DELIVERY_TIMEOUT_MS / 1000).offset for partition, future in sent}

    def ends(self) -> list[int]:
        """The next offset of each partition, once it stands still: a dead run's last request may be under way."""
        before, ends = None, self._ends()
        while ends != before:
            time.sleep(SETTLE_SECONDS)
            before, ends = ends, self._ends()
        return ends

    def since(self, starts: Sequence[int]) -> set[UUID]:
        """The ids of all clicks from these offsets on; TimeoutError when they cannot be read in time."""
        return {_named.decode(line).event_id for body in self._bodies(starts) for line in body.split(b"\n") if line}

    def close(self) -> None:
        """Close the connections."""
        self._producer.close(timeout=5)
        self._consumer.close()

    def _ends(self) -> list[int]:
        found: Mapping[TopicPartition, int] = self._consumer.end_offsets(self._places)
        return [found[place] for place in self._places]

    def _bodies(self, starts: Sequence[int]) -> Iterator[bytes]:
        ends = dict(zip(self._places, self.ends(), strict=True))
        missing = [place for place, start in zip(self._places, starts, strict=True) if start < ends[place]]
        self._consumer.assign(missing)
        for place in missing:
            self._consumer.seek(place, starts[place.partition])
        deadline = time.monotonic() + READ_SECONDS
        while missing:
            for place, records in self._consumer.poll(timeout_ms=500).items():
                yield from (record.value for record in records)
                if records[-1].offset + 1 >= ends[place]:
                    missing.remove(place)
                    self._consumer.pause(place)
            if time.monotonic() > deadline:
                raise TimeoutError(f"the click topic could not be read back in {READ_SECONDS:.0f} s")


def _messages(clicks: Iterable[Envelope]) -> Iterator[tuple[int, list[Envelope]]]:
    """Up to 500 clicks of one partition at a time, in order within each."""
    by_partition: dict[int, list[Envelope]] = {}
    for click in clicks:
        by_partition.setdefault(partition_of(click.aggregate_id), []).append(click)
    for partition, lines in by_partition.items():
        several = iter(lines)
        while message := list(islice(several, LINES_PER_MESSAGE)):
            yield partition, message
