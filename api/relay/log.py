"""The relay's side of Kafka: publishes messages and reads back what an unsettled publisher left behind."""

import time
from collections.abc import Iterable, Iterator, Mapping

import structlog
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaTimeoutError
from kafka.producer.future import FutureRecordMetadata

from api.producers import abandon
from api.relay.lines import Message
from api.relay.store import Partition
from streams.events import FACT_TOPICS
from streams.events.partitions import PARTITIONS

MAX_REQUEST_BYTES = 8 * 1024 * 1024
DELIVERY_TIMEOUT_MS = 15_000
SETTLE_S = 0.3
SCAN_TIMEOUT_S = 120.0

Sent = list[tuple[Partition, FutureRecordMetadata]]
"""Messages under way, with the partition of each."""

log = structlog.get_logger()


class Publisher:
    """Appends messages to fact topics, in order, and tells the offsets that they got.

    Any KafkaError from `publish` leaves open whether messages arrived: `close` and read the tail before sending again.
    """

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._prefix = prefix
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            client_id="atlantic-relay",
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            batch_size=1024 * 1024,
            max_request_size=MAX_REQUEST_BYTES,
            delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
            request_timeout_ms=DELIVERY_TIMEOUT_MS - 5_000,
            max_block_ms=5_000,
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=1_000,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def publish(self, batch: Iterable[Message]) -> dict[Partition, int]:
        """Send all messages and wait for every acknowledgement; the next offset of each partition they went to."""
        return self.acknowledged(self.send(batch))

    def send(self, batch: Iterable[Message]) -> Sent:
        """Send all messages; `acknowledged` waits for them."""
        return [((self._prefix + message.topic, message.partition), self._send(message)) for message in batch]

    def acknowledged(self, sent: Sent) -> dict[Partition, int]:
        """Wait for every acknowledgement; the next offset of each partition that messages went to."""
        offsets: dict[Partition, int] = {}
        for place, future in sent:
            offset = future.get(timeout=DELIVERY_TIMEOUT_MS / 1000).offset + 1
            offsets[place] = max(offset, offsets.get(place, 0))
        return offsets

    def _send(self, message: Message) -> FutureRecordMetadata:
        return self._producer.send(self._prefix + message.topic, value=message.body, partition=message.partition)

    def close(self) -> None:
        """Give up what is under way and close the connections."""
        abandon(self._producer)


def fact_partitions(prefix: str) -> list[Partition]:
    """Every partition of every fact topic."""
    return [(prefix + topic, partition) for topic in FACT_TOPICS for partition in range(PARTITIONS)]


class Tail:
    """What stands in the log behind the settled positions: messages of a relay that died before it could settle."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._places = fact_partitions(prefix)
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            client_id="atlantic-relay-tail",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=MAX_REQUEST_BYTES,
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=1_000,
            metrics_enabled=False,
        )

    def ends(self) -> dict[Partition, int]:
        """The end of every fact partition, once it stands still: a dead relay's last request may be under way."""
        before, ends = None, self._ends()
        while ends != before:
            time.sleep(SETTLE_S)
            before, ends = ends, self._ends()
        return ends

    def _ends(self) -> dict[Partition, int]:
        found: Mapping[TopicPartition, int] = self._consumer.end_offsets([TopicPartition(*p) for p in self._places])
        return {(place.topic, place.partition): end for place, end in found.items()}

    def bodies(self, positions: Mapping[Partition, int], ends: Mapping[Partition, int]) -> Iterator[bytes]:
        """The messages from `positions` to `ends`; KafkaTimeoutError when they cannot be read in time."""
        missing = {TopicPartition(*p): end for p, end in ends.items() if positions.get(p, 0) < end}
        self._consumer.assign(list(missing))
        for place in missing:
            self._consumer.seek(place, positions.get((place.topic, place.partition), 0))
        deadline = time.monotonic() + SCAN_TIMEOUT_S
        while missing:
            for place, records in self._consumer.poll(timeout_ms=500).items():
                yield from (record.value for record in records if record.offset < ends[place.topic, place.partition])
                if records[-1].offset + 1 >= ends[place.topic, place.partition]:
                    missing.pop(place, None)
            if time.monotonic() > deadline:
                raise KafkaTimeoutError(f"tail not read in {SCAN_TIMEOUT_S:.0f} s: {sorted(missing)}")

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()
