"""Dead letters: lines that could not be landed go to their topic, and what stands there lands in `dead_letters`."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec
import structlog
from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer

from clickhouse.sink.reading import Letter, Message
from streams.events.dead_letters import DeadLetter, as_text, decode_letters, letter_messages
from streams.events.registry import DEAD_LETTER_TOPIC

log = structlog.get_logger()

CONSUMER = "sink"
CONFIRM_SECONDS = 30
COLUMNS = ("topic", "partition", "offset", "line_no", "reason", "consumer", "attempts", "replayed_as")


class Post:
    """Sends dead letters to their topic and waits until Kafka holds them."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap, self._topic = bootstrap, prefix + DEAD_LETTER_TOPIC
        self._producer: KafkaProducer | None = None

    def send(self, letters: Iterable[Letter]) -> None:
        """Post letters; one that is posted again after a crash is the same row by its place."""
        now = datetime.now(UTC)
        for body in letter_messages(_letter(letter, now) for letter in letters):
            self._producer = self._producer or KafkaProducer(bootstrap_servers=self._bootstrap, acks="all")
            self._producer.send(self._topic, body).get(timeout=CONFIRM_SECONDS)


def _letter(letter: Letter, now: datetime) -> DeadLetter:
    return DeadLetter(
        reason=letter.reason,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        line_no=letter.line_no,
        consumer=CONSUMER,
        failed_at=now,
        line=as_text(letter.line),
    )


def land_letters(client: Client, messages: Iterable[Message]) -> None:
    """One row per dead letter, without the line itself; landing one again changes nothing."""
    now = datetime.now(UTC)
    rows = [[*(getattr(letter, column) for column in COLUMNS), letter.failed_at or now] for letter in _read(messages)]
    if rows:
        client.insert("dead_letters", rows, column_names=[*COLUMNS, "failed_at"])


def _read(messages: Iterable[Message]) -> Iterator[DeadLetter]:
    for message in messages:
        try:
            yield from decode_letters(message.body)
        except msgspec.MsgspecError as error:
            log.error("a dead letter cannot be read", offset=message.offset, error=str(error))
