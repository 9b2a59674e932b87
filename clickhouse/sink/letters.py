"""Dead letters: lines that could not be landed go to their topic, and what stands there lands in `dead_letters`."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import structlog
from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer

from clickhouse.sink.reading import Letter, Message
from streams.events.registry import DEAD_LETTER_TOPIC

log = structlog.get_logger()

CONSUMER = "sink"
CONFIRM_SECONDS = 30


class DeadLetter(msgspec.Struct, frozen=True):
    """A dead letter as it stands in the log: the line, where it came from, why, and how often it was tried."""

    topic: str
    partition: int
    offset: int
    reason: str
    line_no: int = 0
    attempts: int = 1
    consumer: str = ""
    failed_at: datetime | None = None
    line: str = ""


_decoder = msgspec.json.Decoder(DeadLetter)


class Post:
    """Sends dead letters to their topic and waits until Kafka holds them."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap, self._topic = bootstrap, prefix + DEAD_LETTER_TOPIC
        self._producer: KafkaProducer | None = None

    def send(self, letters: Iterable[Letter]) -> None:
        """Post each letter; a letter posted twice after a crash is one row and one entry by its place."""
        now = datetime.now(UTC)
        bodies = [msgspec.json.encode(_letter(letter, now)) for letter in letters]
        if not bodies:
            return
        self._producer = self._producer or KafkaProducer(bootstrap_servers=self._bootstrap, acks="all")
        for future in [self._producer.send(self._topic, body) for body in bodies]:
            future.get(timeout=CONFIRM_SECONDS)


def _letter(letter: Letter, now: datetime) -> DeadLetter:
    return DeadLetter(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        line_no=letter.line_no,
        reason=letter.reason,
        attempts=1,
        consumer=CONSUMER,
        failed_at=now,
        line=letter.line.decode("utf-8", "backslashreplace"),
    )


def land_letters(client: Client, messages: Iterable[Message]) -> None:
    """One row per dead letter, without the line itself; landing one again changes nothing."""
    columns = ["topic", "partition", "offset", "line_no", "reason", "consumer", "attempts", "failed_at"]
    rows = [[getattr(letter, column) for column in columns] for letter in _read(messages)]
    if rows:
        client.insert("dead_letters", rows, column_names=columns)


def _read(messages: Iterable[Message]) -> Iterable[DeadLetter]:
    for message in messages:
        for line in filter(None, message.body.split(b"\n")):
            try:
                letter = _decoder.decode(line)
                moment = letter.failed_at or datetime.now(UTC)
                yield msgspec.structs.replace(letter, failed_at=moment)
            except msgspec.MsgspecError as error:
                log.error(
                    "a dead letter cannot be read", partition=message.partition, offset=message.offset, error=str(error)
                )
