"""The event classes as JSON has them: identifiers and moments stay text until a whole column of them is packed."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache, reduce
from operator import attrgetter, or_
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from clickhouse.landing import Field, Table, rows_of, tables
from streams.events import EVENTS

TABLES: dict[str, Table] = tables()


class Head(msgspec.Struct, frozen=True, gc=False):
    """An envelope whose identifiers and moments are text and whose payload is not decoded."""

    event_id: str
    event: str
    version: int
    aggregate_id: str
    aggregate_seq: int
    tx: int
    occurred_at: str
    recorded_at: str
    correlation_id: str
    payload: msgspec.Raw
    causation_id: str | None = None


class Getter(msgspec.Struct, frozen=True):
    """Takes one column out of payloads: the column, its type, and how a payload (or element) gives its value."""

    column: str
    type: str
    get: Callable[[Any], Any]


class Fill(msgspec.Struct, frozen=True):
    """How an event fills one table: columns of the event, and, where `elements` is set, of each of its elements."""

    table: Table
    own: tuple[Getter, ...]
    elements: str | None = None
    of_elements: tuple[Getter, ...] = ()

    @property
    def blank(self) -> list[tuple[str, str]]:
        """Columns and types that this event does not fill."""
        filled = {getter.column for getter in (*self.own, *self.of_elements)}
        standing = {*PLACED, "element_no", "landed_at"}
        return [(c, kind) for c, kind in self.table.columns.items() if c not in filled | standing]


PLACED = (
    "topic", "partition", "offset", "line_no", "event_id", "event", "version", "aggregate_id", "aggregate_seq", "tx",
    "occurred_at", "recorded_at",
)  # fmt: skip


@cache
def payloads_decoder(event: str, version: int) -> msgspec.json.Decoder[list[Any]]:
    """Decodes a JSON array of payloads of one event and version; KeyError when the vocabulary has none."""
    plain: Any = _plain(EVENTS[event, version])
    return msgspec.json.Decoder(list[plain])


@cache
def fills(event: str, version: int) -> tuple[Fill, ...]:
    """The tables that an event fills, and how."""
    cls = EVENTS[event, version]
    exploded = cls.exploded
    found = []
    for table, fields in rows_of(cls).items():
        if exploded is not None and table == exploded.table:
            carried = tuple(_getter(field) for field in fields if field.column in exploded.carried)
            inner = tuple(_getter(field) for field in fields if field.column not in exploded.carried)
            found.append(Fill(TABLES[table], carried, exploded.field, inner))
        else:
            found.append(Fill(TABLES[table], tuple(map(_getter, fields))))
    return tuple(found)


def _getter(field: Field) -> Getter:
    if len(field.path) == 1:
        return Getter(field.column, field.type, attrgetter(field.path[0]))
    outer, inner = attrgetter(field.path[0]), attrgetter(*field.path[1:])
    return Getter(field.column, field.type, lambda payload: [inner(element) for element in outer(payload)])


@cache
def _plain(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    hints = get_type_hints(struct)
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        kind = _plain_type(hints[field.name])
        if field.required:
            fields.append((field.name, kind))
        elif field.default_factory is dict:
            fields.append((field.name, kind, msgspec.Raw(b"{}")))
        else:
            fields.append((field.name, kind, field.default))
    return msgspec.defstruct(struct.__name__, fields, frozen=True, kw_only=True, gc=False)


def _plain_type(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return reduce(or_, (kind if kind is NoneType else _plain_type(kind) for kind in get_args(hint)))
    if get_origin(hint) is tuple:
        return tuple.__class_getitem__((_plain_type(get_args(hint)[0]), ...))
    if get_origin(hint) is dict:
        return msgspec.Raw
    if hint in (UUID, datetime, date):
        return str
    return _plain(hint) if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else hint
