"""Derives the landing tables from the event classes: one table per family, one typed column per field."""

from collections.abc import Iterator
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from streams.events import EVENTS, Event
from streams.events.envelope import Exploded
from streams.events.progress import ProgressMarked

MOMENT = "DateTime64(3, 'UTC')"
WORD = "LowCardinality(String)"
SCALARS: dict[type, str] = {
    UUID: "UUID", int: "Int64", bool: "Bool", datetime: MOMENT, date: "Date32", float: "Float64", str: WORD,
}  # fmt: skip

# Texts with about as many values as rows: a dictionary of them would only cost.
LONG_TEXTS = frozenset(
    {"order_number", "title", "description", "tracking_number", "sku", "slug", "display_name", "location", "page"}
)
# An element's field that would hide a position column of the row.
RENAMED = {("landing_journal_lines", "line_no"): "entry_line_no"}

# Where the row stands in the log, whom it is about and when it happened: every landed row has these.
PLACE: dict[str, str] = {
    "topic": WORD, "partition": "UInt16", "offset": "Int64", "line_no": "UInt32", "event_id": "UUID", "event": WORD,
    "version": "UInt16", "aggregate_id": "UUID", "aggregate_seq": "Int64", "tx": "Int64", "occurred_at": MOMENT,
    "recorded_at": MOMENT,
}  # fmt: skip
ELEMENT = {"element_no": "UInt32"}
LANDED = {"landed_at": f"{MOMENT} DEFAULT now64(3, 'UTC')"}


class Table(msgspec.Struct, frozen=True):
    """A landing table: its name and its columns' types in order, `landed_at` (filled by the server) last."""

    name: str
    columns: dict[str, str]


class Field(msgspec.Struct, frozen=True):
    """One column of an event: the attribute path to its value, the column's name and type."""

    path: tuple[str, ...]
    column: str
    type: str


def tables() -> dict[str, Table]:
    """Every landing table that the vocabulary asks for, by name."""
    built: dict[str, dict[str, list[str]]] = {}
    members: dict[str, int] = {}
    for event in landed_events():
        for table, fields in rows_of(event).items():
            members[table] = members.get(table, 0) + 1
            columns = built.setdefault(table, dict[str, list[str]]())
            for field in fields:
                columns.setdefault(field.column, []).append(field.type)
    exploded = {event.exploded.table for event in landed_events() if event.exploded}
    return {name: _table(name, columns, members[name], name in exploded) for name, columns in sorted(built.items())}


def landed_events() -> list[type[Event]]:
    """The classes that land in tables of their own families; progress marks are kept apart, in `progress`."""
    return [EVENTS[key] for key in sorted(EVENTS) if EVENTS[key] is not ProgressMarked]


def rows_of(event: type[Event]) -> dict[str, list[Field]]:
    """The tables that an event has rows in, each with the columns it fills."""
    exploded = event.exploded
    if exploded is None:
        return {event.landing: list(_fields(event))}
    own = [field for field in _fields(event) if field.path[0] != exploded.field]
    elements = {exploded.table: [f for f in own if f.column in exploded.carried] + _elements(event, exploded)}
    return elements if exploded.table == event.landing else {event.landing: own, **elements}


def _elements(event: type[Event], exploded: Exploded) -> list[Field]:
    element = get_args(get_type_hints(event)[exploded.field])[0]
    return [
        Field(field.path, RENAMED.get((exploded.table, field.column), field.column), field.type)
        for field in _fields(element)
    ]


def _fields(struct: type[msgspec.Struct]) -> Iterator[Field]:
    hints = get_type_hints(struct)
    for name in struct.__struct_fields__:
        bare, optional = _without_none(hints[name])
        element = get_args(bare)[0] if get_origin(bare) is tuple else None
        if isinstance(element, type) and issubclass(element, msgspec.Struct):
            for inner in _fields(element):
                yield Field(
                    (name, *inner.path), f"{name}_{inner.column}", f"Array({inner.type})".replace(WORD, "String")
                )
        else:
            yield Field((name,), name, _column_type(name, bare, optional=optional))


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return kinds[0], len(kinds) < len(get_args(hint))
    return hint, False


def _column_type(name: str, bare: Any, *, optional: bool) -> str:
    if get_origin(bare) is tuple:
        return f"Array({SCALARS[get_args(bare)[0]]})".replace(WORD, "String")
    if get_origin(bare) is dict or (bare is str and name in LONG_TEXTS):
        return "String"
    plain = SCALARS[bare]
    return f"Nullable({plain})" if optional and plain != WORD else plain


def _table(name: str, columns: dict[str, list[str]], members: int, exploded: bool) -> Table:
    typed = {column: _merged(column, kinds, everywhere=len(kinds) == members) for column, kinds in columns.items()}
    return Table(name, {**PLACE, **(ELEMENT if exploded else {}), **typed, **LANDED})


def _merged(column: str, kinds: list[str], *, everywhere: bool) -> str:
    """The type that holds what every event of the family says: absent texts and lists are empty, the rest is NULL."""
    bare = {
        kind.removeprefix("Nullable(").removesuffix(")") if kind.startswith("Nullable(") else kind for kind in kinds
    }
    if len(bare) > 1:
        raise TypeError(f"column {column} has several types in one family: {sorted(bare)}")
    plain = bare.pop()
    if plain in (WORD, "String") or plain.startswith("Array("):
        return plain
    return plain if everywhere and plain in kinds and len(set(kinds)) == 1 else f"Nullable({plain})"
