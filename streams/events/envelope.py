"""What every event carries: who it is about, its place in that one's life, and the transaction behind it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec


class Exploded(msgspec.Struct, frozen=True):
    """A field whose elements the warehouse keeps one row each, in `table`, with the `carried` fields beside them."""

    table: str
    field: str
    carried: tuple[str, ...]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of one event; subclasses are the vocabulary, one class per event and version.

    `name` is the wire name (dotted, past tense), `topic` the domain's word, `key` the payload field whose value is the
    aggregate id (requirements R-EVT-2, R-EVT-3). `landing` is the warehouse's table that keeps it, `exploded` says
    which field is kept one row per element instead.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    topic: ClassVar[str]
    key: ClassVar[str]
    landing: ClassVar[str]
    exploded: ClassVar[Exploded | None] = None

    @property
    def aggregate_id(self) -> UUID:
        """Id of the aggregate that this event belongs to."""
        value: UUID = getattr(self, self.key)
        return value


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a Kafka message (requirements R-EVT-1).

    `tx` is the PostgreSQL transaction id of a fact, 0 for clicks and signals. `aggregate_seq` counts 1, 2, 3... per
    aggregate, 0 where there is no sequence. Times are UTC with milliseconds.
    """

    event_id: UUID
    event: str
    version: int
    aggregate_id: UUID
    aggregate_seq: int
    tx: int
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str
    causation_id: UUID | None = None
    payload: Event


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope whose payload is not decoded yet."""

    event_id: UUID
    event: str
    version: int
    aggregate_id: UUID
    aggregate_seq: int
    tx: int
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str
    causation_id: UUID | None = None
    payload: msgspec.Raw


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A product and a number of units of it."""

    product_id: UUID
    quantity: int


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    """A product that was asked for beyond what was available."""

    product_id: UUID
    requested: int
    available: int
