"""Turns outbox rows into Kafka messages: up to 500 lines of one partition, stamped with `tx` and `recorded_at`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from streams.events import Envelope
from streams.events.codec import encode
from streams.events.partitions import LINES_PER_MESSAGE
from streams.events.progress import ProgressMarked

BYTES_PER_MESSAGE = 1024 * 1024


class Row(NamedTuple):
    """A committed outbox row; `recorded_ms` is the epoch in milliseconds, `message_of` the order of a message's."""

    id: int
    tx: int
    recorded_ms: int
    topic: str
    partition: int
    line: bytes
    message_of: str | None


class Message(NamedTuple):
    """One Kafka message to come: `topic` without prefix, `body` of newline-separated events."""

    topic: str
    partition: int
    body: bytes


class _Named(msgspec.Struct):
    event_id: UUID


_named = msgspec.json.Decoder(_Named)


def event_ids(body: bytes) -> list[UUID]:
    """The ids of a published message's events."""
    return [_named.decode(line).event_id for line in body.split(b"\n") if line]


def messages(rows: Sequence[Row]) -> Iterator[Message]:
    """The rows as messages; rows of one partition keep their order, partitions come as they first appear."""
    by_partition: dict[tuple[str, int], list[bytes]] = {}
    tx_before, stamp = 0, b""
    recorded_before = -1
    for _, tx, recorded_ms, topic, partition, line, _ in rows:
        if tx != tx_before or recorded_ms != recorded_before:
            tx_before, recorded_before, stamp = tx, recorded_ms, _stamp(tx, recorded_ms)
        by_partition.setdefault((topic, partition), []).append(line[:-1] + stamp)
    for (topic, partition), lines in by_partition.items():
        for chunk in _chunks(lines):
            yield Message(topic, partition, b"\n".join(chunk))


def _stamp(tx: int, recorded_ms: int) -> bytes:
    moment = datetime.fromtimestamp(recorded_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return f',"tx":{tx},"recorded_at":"{moment[:-6]}Z"}}'.encode()


def _chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        if chunk and (len(chunk) == LINES_PER_MESSAGE or size + len(line) > BYTES_PER_MESSAGE):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line) + 1
    if chunk:
        yield chunk


def mark(event_id: UUID, relay_id: UUID, complete_to: int, moment: datetime) -> bytes:
    """A progress mark's line: every fact with a transaction id below `complete_to` stands before it."""
    event = ProgressMarked(relay_id=relay_id, complete_to=complete_to, marked_at=moment)
    return encode(
        Envelope(
            event_id=event_id,
            event=event.name,
            version=event.version,
            aggregate_id=relay_id,
            aggregate_seq=0,
            tx=0,
            occurred_at=moment,
            recorded_at=moment,
            correlation_id=str(relay_id),
            payload=event,
        )
    )
