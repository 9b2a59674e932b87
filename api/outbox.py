"""Writes facts beside the change they record, in the same transaction; the relay publishes them (R-EVT-4)."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from streams.events import Event
from streams.events.dead_letters import DeadLetter, encode_letters
from streams.events.partitions import partition_of
from streams.events.registry import DEAD_LETTER_TOPIC

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
causation_id: ContextVar[UUID | None] = ContextVar("causation_id", default=None)

_gathering: ContextVar["Gathered | None"] = ContextVar("gathering", default=None)

_encoder = msgspec.json.Encoder()
SEQ = "aggregate_seq"
UNKNOWN = 0
"""In a fact for a number that only the database will know: `around` leaves room for it."""
TELL = """
INSERT INTO outbox (topic, partition, event_id, line)
SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:event_ids AS uuid[]),
                     CAST(:lines AS bytea[]))"""
"""Adds what `rows` gives; part of statements that change what the facts tell of, with a condition behind it if any."""
_INSERT = text(TELL)


class Fact(msgspec.Struct, frozen=True):
    """An event that happened, with its place in the life of its aggregate: `seq` is the row's version after it."""

    event: Event
    seq: int
    occurred_at: datetime | None = None
    event_id: UUID | None = None


class _Line(msgspec.Struct):
    """The envelope without `tx` and `recorded_at`, which the relay adds from the outbox row."""

    event_id: UUID
    event: str
    version: int
    aggregate_id: UUID
    aggregate_seq: int
    occurred_at: datetime
    correlation_id: str
    causation_id: UUID | None
    payload: Event


def _line(fact: Fact, event_id: UUID, moment: datetime, correlation: str, cause: UUID | None) -> bytes:
    event = fact.event
    line = _Line(
        event_id=event_id,
        event=event.name,
        version=event.version,
        aggregate_id=event.aggregate_id,
        aggregate_seq=fact.seq,
        occurred_at=fact.occurred_at or moment,
        correlation_id=correlation or str(event_id),
        causation_id=cause,
        payload=event,
    )
    return _encoder.encode(line)


def rows(facts: Sequence[Fact]) -> dict[str, list[object]]:
    """The outbox columns of some facts: topics, partitions, event_ids, lines; for statements that add them inline."""
    moment, correlation, cause = ids.now(), correlation_id.get(), causation_id.get()
    event_ids = [fact.event_id or ids.new() for fact in facts]
    return {
        "topics": [fact.event.topic for fact in facts],
        "partitions": [partition_of(fact.event.aggregate_id) for fact in facts],
        "event_ids": list(event_ids),
        "lines": [
            _line(fact, event_id, moment, correlation, cause) for fact, event_id in zip(facts, event_ids, strict=True)
        ],
    }


def around(line: bytes, *names: str) -> list[bytes]:
    """The pieces of a line around the numbers of some members, in the line's order; for statements that fill them in.

    A text in it that holds such a name has its quotes escaped, and is not taken for one.
    """
    pieces = []
    for name in names:
        member = f'"{name}":'.encode()
        at = line.index(member) + len(member)
        pieces.append(line[:at])
        line = line[at:].removeprefix(b"%d" % UNKNOWN)
    return [*pieces, line]


class Gathered:
    """Facts that a transaction has recorded and not written yet, by their causes."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.rows = rows([])
        self.events: list[tuple[Event, UUID]] = []

    def add(self, facts: Sequence[Fact]) -> None:
        """Add facts, caused by what causes them at this moment."""
        added = rows(facts)
        for name, column in added.items():
            self.rows[name].extend(column)
        ids_ = (UUID(str(event_id)) for event_id in added["event_ids"])
        self.events.extend(zip((fact.event for fact in facts), ids_, strict=True))


async def record(connection: AsyncConnection, *facts: Fact) -> None:
    """Add facts to the outbox in this connection's transaction, in this order."""
    gathering = _gathering.get()
    if gathering and gathering.connection is connection:
        gathering.add(facts)
    elif facts:
        await connection.execute(_INSERT, rows(facts))


@contextmanager
def gathering(connection: AsyncConnection) -> Iterator[Gathered]:
    """What is recorded in the block is left to the caller to write, in its order, in the same transaction.

    Rows stay locked until the transaction ends, so that the order of each aggregate's facts stays right.
    """
    found = Gathered(connection)
    token = _gathering.set(found)
    try:
        yield found
    finally:
        _gathering.reset(token)


@asynccontextmanager
async def gathered(connection: AsyncConnection) -> AsyncIterator[None]:
    """What is recorded in the block goes into the outbox at its end, in its order, by one statement."""
    with gathering(connection) as found:
        yield
    if found.events:
        await connection.execute(_INSERT, found.rows)


@contextmanager
def caused_by(event_id: UUID) -> Iterator[None]:
    """What is recorded in the block follows from this fact."""
    token = causation_id.set(event_id)
    try:
        yield
    finally:
        causation_id.reset(token)


async def set_aside(connection: AsyncConnection, letter: DeadLetter) -> None:
    """Send what came from outside and nobody understands to the dead letters, in this connection's transaction."""
    line = encode_letters([letter])
    row = {"topics": [DEAD_LETTER_TOPIC], "partitions": [letter.partition], "event_ids": [ids.new()], "lines": [line]}
    await connection.execute(_INSERT, row)
