"""The reactor's side of Kafka: messages in, offsets committed after their effects, dead letters out."""

from collections.abc import Mapping, Sequence

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

import streams.checksums  # noqa: F401 - checksums in C
from api.reactions import TOPICS
from streams.events.dead_letters import DeadLetter, encode_letters
from streams.events.registry import DEAD_LETTER_TOPIC

GROUP = "reactor"
POLL_MS = 500
MESSAGES_AT_ONCE = 64
LOOK_FOR_TOPICS_MS = 5_000
"""kafka-python may ask for a new consumer's topics once too early, and again only when what it knows is that old."""

Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]


class Facts:
    """The messages of the topics that have reactions, from where this group left off. Its methods block."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._prefix = prefix
        self._bootstrap = bootstrap
        self._letters: KafkaProducer | None = None
        self._consumer = KafkaConsumer(
            *(prefix + topic for topic in TOPICS),
            bootstrap_servers=bootstrap,
            client_id="atlantic-reactor",
            group_id=prefix + GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=8 * 1024 * 1024,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=2_000,
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=1_000,
            metadata_max_age_ms=LOOK_FOR_TOPICS_MS,
            metrics_enabled=False,
        )

    def next(self) -> Records:
        """The next messages by partition, at most 64; none when none came within half a second."""
        found: Records = self._consumer.poll(timeout_ms=POLL_MS, max_records=MESSAGES_AT_ONCE)
        return found

    def done(self) -> None:
        """Commit everything that `next` gave."""
        self._consumer.commit()

    def ahead(self) -> dict[TopicPartition, int]:
        """How many messages are still to be read, by partition."""
        ends = {place: self._consumer.highwater(place) for place in self._consumer.assignment()}
        return {place: end - self._consumer.position(place) for place, end in ends.items() if end is not None}

    def set_aside(self, letter: DeadLetter) -> None:
        """Write a dead letter and wait until Kafka has it."""
        if self._letters is None:
            self._letters = KafkaProducer(bootstrap_servers=self._bootstrap, acks="all", metrics_enabled=False)
        topic = self._prefix + DEAD_LETTER_TOPIC
        self._letters.send(topic, encode_letters([letter])).get(timeout=30)

    def close(self) -> None:
        """Leave the group, so that another reactor goes on at once."""
        self._consumer.close()
        if self._letters:
            self._letters.close()
