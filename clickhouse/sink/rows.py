"""Turns groups of read lines into the bodies of inserts, one per table."""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np

from clickhouse.landing import PLACE
from clickhouse.sink.native import Array, Dumped, Fixed, Packed, blank_value, block, packer, raws
from clickhouse.sink.reading import Group, Groups, Letter, readable
from clickhouse.sink.shapes import Fill, Getter, fills

Column = tuple[str, str, Packed]
Block = tuple[str, list[Column], int]

EVENTS_TABLE = "events"
_BUYERS = ("user_id", "customer_id")


class Insert(msgspec.Struct):
    """One insert: the table, its Native body, how many rows are in it, and which columns."""

    table: str
    columns: list[str]
    pieces: list[bytes] = msgspec.field(default_factory=list)
    rows: int = 0

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.pieces)


def inserts(groups: Groups) -> tuple[list[Insert], list[Letter]]:
    """Every row of the groups, one insert a table; a line whose values no column holds becomes a letter instead."""
    found: dict[str, Insert] = {}
    letters: list[Letter] = []
    for kind, group in groups.items():
        for table, columns, rows in _blocks_or_letters(kind, group, letters):
            insert = found.setdefault(table, Insert(table, [column[0] for column in columns]))
            insert.pieces += block(rows, columns)
            insert.rows += rows
    return [found[table] for table in sorted(found)], letters


def _blocks_or_letters(kind: tuple[str, int], group: Group, letters: list[Letter]) -> list[Block]:
    try:
        return list(_blocks(kind, group))
    except (ValueError, OverflowError, TypeError):
        kept = _landable(kind, readable(kind, group, letters), letters)
        return list(_blocks(kind, kept)) if kept.heads else []


def _landable(kind: tuple[str, int], group: Group, letters: list[Letter]) -> Group:
    keep = []
    for index in range(len(group.heads)):
        try:
            list(_blocks(kind, group.only([index])))
            keep.append(index)
        except (ValueError, OverflowError, TypeError) as error:
            letters.append(group.letter(index, f"cannot be landed: {error}"))
    return group.only(keep)


def _blocks(kind: tuple[str, int], group: Group) -> Iterator[Block]:
    place = _place(group)
    yield EVENTS_TABLE, [*place, *_event(group)], len(group.heads)
    for fill in fills(*kind):
        if fill.elements is None:
            yield fill.table.name, [*place, *_columns(fill, fill.own, group.payloads)], len(group.heads)
        else:
            yield from _exploded(fill, fill.elements, place, group.payloads)


def _exploded(fill: Fill, field: str, place: list[Column], payloads: list[Any]) -> Iterator[Block]:
    lists = list(map(attrgetter(field), payloads))
    counts = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    elements = [element for some in lists for element in some]
    if elements:
        beside = [*place, *((g.column, fill.table.columns[g.column], _take(g, fill, payloads)) for g in fill.own)]
        repeated = [(name, kind, packed.repeated(counts)) for name, kind, packed in beside]
        numbers = ("element_no", fill.table.columns["element_no"], Fixed(_numbering(counts)))
        yield fill.table.name, [*repeated, numbers, *_columns(fill, fill.of_elements, elements)], len(elements)


def _columns(fill: Fill, getters: tuple[Getter, ...], payloads: list[Any]) -> list[Column]:
    kinds = fill.table.columns
    own = [(getter.column, kinds[getter.column], _take(getter, fill, payloads)) for getter in getters]
    return own + [(name, kind, packer(kind)([_blank(kind)] * len(payloads))) for name, kind in fill.blank]


def _take(getter: Getter, fill: Fill, payloads: list[Any]) -> Packed:
    values = list(map(getter.get, payloads))
    return raws(values) if isinstance(values[0], msgspec.Raw) else packer(fill.table.columns[getter.column])(values)


def _blank(kind: str) -> Any:
    return None if kind.startswith("Nullable(") else blank_value(kind)


def _numbering(counts: Array) -> Array:
    starts = np.cumsum(counts) - counts
    numbers: Array = np.arange(counts.sum()) - np.repeat(starts, counts)
    return numbers.astype("<u4")


def _place(group: Group) -> list[Column]:
    heads = group.heads
    values: dict[str, list[Any]] = {
        "topic": group.topics,
        "partition": group.partitions,
        "offset": group.offsets,
        "line_no": group.line_nos,
        **{name: list(map(attrgetter(name), heads)) for name in list(PLACE)[4:]},
    }
    return [(name, kind, Dumped(packer(kind)(values[name]))) for name, kind in PLACE.items()]


def _event(group: Group) -> list[Column]:
    heads = group.heads
    buyer = next((name for name in _BUYERS if hasattr(group.payloads[0], name)), None)
    buyers = [getattr(payload, buyer) for payload in group.payloads] if buyer else [None] * len(heads)
    return [
        ("user_id", "Nullable(UUID)", packer("Nullable(UUID)")(buyers)),
        ("correlation_id", "String", packer("String")([head.correlation_id for head in heads])),
        ("causation_id", "Nullable(UUID)", packer("Nullable(UUID)")([head.causation_id for head in heads])),
        ("data", "String", raws([head.payload for head in heads])),
    ]


def marks_insert(marks: Group) -> Insert:
    """The progress marks of a batch."""
    values: dict[str, list[Any]] = {
        "topic": marks.topics,
        "partition": marks.partitions,
        "complete_to": [payload.complete_to for payload in marks.payloads],
        "marked_at": [payload.marked_at for payload in marks.payloads],
        "offset": marks.offsets,
    }
    kinds = {"complete_to": "Int64", "marked_at": "DateTime64(3, 'UTC')", **PLACE}
    columns = [(name, kinds[name], packer(kinds[name])(column)) for name, column in values.items()]
    rows = len(marks.heads)
    return Insert("progress_state", list(values), block(rows, columns), rows)
