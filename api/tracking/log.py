"""The click topic as the collector needs it: publish and wait, and read back what a failed attempt left open."""

import socket
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaTimeoutError

from api.producers import abandon
from api.tracking.spool import Message
from streams.events.partitions import PARTITIONS
from streams.events.registry import CLICK_TOPIC

MAX_REQUEST_BYTES = 8 * 1024 * 1024
DELIVERY_S = 4.0
REQUEST_MS = 3_000
BLOCK_MS = 2_000
SETTLE_S = 0.2
READ_S = 30.0


class _Named(msgspec.Struct):
    event_id: UUID


_named = msgspec.json.Decoder(_Named)

Ends = dict[int, int]


def answers(bootstrap: str) -> None:
    """OSError at once when nobody listens there, which the client would find out only after its time-out."""
    host, _, port = bootstrap.rpartition(":")
    socket.create_connection((host, int(port)), timeout=0.5).close()


def click_ids(body: bytes) -> list[UUID]:
    """The ids of a message's clicks."""
    return [_named.decode(line).event_id for line in body.split(b"\n")]


class ClickLog:
    """Writes the click topic of one instance. After a KafkaError it is open what arrived: close, connect, read back."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap = bootstrap
        self._topic = prefix + CLICK_TOPIC
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            client_id="atlantic-collector",
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            batch_size=1024 * 1024,
            max_request_size=MAX_REQUEST_BYTES,
            delivery_timeout_ms=int(DELIVERY_S * 1000),
            request_timeout_ms=REQUEST_MS,
            max_block_ms=BLOCK_MS,
            bootstrap_timeout_ms=BLOCK_MS,
            reconnect_backoff_max_ms=500,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def publish(self, messages: Sequence[Message]) -> Ends:
        """Append messages and wait for every acknowledgement; the next offset of each partition that got some."""
        sent = [
            (partition, self._producer.send(self._topic, body, partition=partition)) for partition, body in messages
        ]
        return {partition: future.get(timeout=DELIVERY_S + 1).offset + 1 for partition, future in sent}

    def tail(self, starts: Ends | None, most: int) -> tuple[set[UUID], Ends]:
        """The clicks behind `starts` (the last `most` messages without), and the next offset of each partition."""
        consumer = KafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id="atlantic-collector-tail",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=MAX_REQUEST_BYTES,
            bootstrap_timeout_ms=BLOCK_MS,
            request_timeout_ms=REQUEST_MS * 3,
            metrics_enabled=False,
        )
        try:
            return self._read(consumer, starts, most)
        finally:
            consumer.close()

    def _read(self, consumer: KafkaConsumer, starts: Ends | None, most: int) -> tuple[set[UUID], Ends]:
        places = [TopicPartition(self._topic, partition) for partition in range(PARTITIONS)]
        ends = _settled(consumer, places)
        first = consumer.beginning_offsets(places)
        known = starts or {}
        begin = {place: max(first[place], known.get(place.partition, ends[place] - most)) for place in places}
        ids = {click_id for body in _bodies(consumer, begin, ends) for click_id in click_ids(body)}
        return ids, {place.partition: end for place, end in ends.items()}

    def close(self) -> None:
        """Give up what is under way and close the connections."""
        abandon(self._producer)


def _settled(consumer: KafkaConsumer, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """The ends of the partitions, once they stand still: a dead producer's last request may be under way."""
    before: dict[TopicPartition, int] = {}
    ends: dict[TopicPartition, int] = consumer.end_offsets(places)
    while ends != before:
        time.sleep(SETTLE_S)
        before, ends = ends, consumer.end_offsets(places)
    return ends


def _bodies(
    consumer: KafkaConsumer, begin: dict[TopicPartition, int], ends: dict[TopicPartition, int]
) -> Iterator[bytes]:
    missing = {place for place, start in begin.items() if start < ends[place]}
    consumer.assign(list(missing))
    for place in missing:
        consumer.seek(place, begin[place])
    deadline = time.monotonic() + READ_S
    while missing:
        for place, records in consumer.poll(timeout_ms=300).items():
            yield from (record.value for record in records)
            if records[-1].offset + 1 >= ends[place]:
                missing.discard(place)
        if time.monotonic() > deadline:
            raise KafkaTimeoutError(f"the click topic could not be read back in {READ_S:.0f} s")
