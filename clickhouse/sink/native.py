"""Packs columns of decoded JSON into blocks of ClickHouse's Native format.

The client library packs a UUID or a moment at a time, which costs more than ClickHouse needs to insert the row; here a
column is packed at once. Text goes as String also where the table keeps a dictionary: the server builds that faster.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from clickhouse.sink.moments import days, milliseconds
from clickhouse.sink.uuids import uuid_words

Array = NDArray[Any]
WORD, TEXT = "LowCardinality(String)", "String"


class Packed(Protocol):
    """A column ready to be written."""

    def dump(self) -> bytes:
        """The column's bytes."""

    def repeated(self, counts: Array) -> "Packed":
        """Each value as often as `counts` says."""


class Fixed:
    """Values of one width."""

    def __init__(self, values: Array) -> None:
        self.values = values

    def dump(self) -> bytes:
        """The values one after another."""
        return self.values.tobytes()

    def repeated(self, counts: Array) -> "Fixed":
        """Each value as often as `counts` says."""
        return Fixed(np.repeat(self.values, counts, axis=0))


class Text:
    """Strings, each with its length in front: as one piece, or as two."""

    def __init__(self, values: Sequence[bytes], pieces: int = 1) -> None:
        self.values, self.pieces = values, pieces

    def dump(self) -> bytes:
        """The strings one after another."""
        return b"".join(self.values)

    def repeated(self, counts: Array) -> "Text":
        """Each string as often as `counts` says."""
        whole = (
            self.values if self.pieces == 1 else map(b"".join, zip(self.values[::2], self.values[1::2], strict=True))
        )
        return Text([value for value, count in zip(whole, counts.tolist(), strict=True) for _ in range(count)])


class Dumped:
    """A column that several blocks of one batch share, written once."""

    def __init__(self, column: Packed) -> None:
        self.column, self.bytes = column, b""

    def dump(self) -> bytes:
        """The column's bytes."""
        self.bytes = self.bytes or self.column.dump()
        return self.bytes

    def repeated(self, counts: Array) -> Packed:
        """Each value as often as `counts` says."""
        return self.column.repeated(counts)


class Nulls:
    """Values of which some are missing: the map of the missing ones, then all values."""

    def __init__(self, missing: Array, inner: Packed) -> None:
        self.missing, self.inner = missing, inner

    def dump(self) -> bytes:
        """The map, then the values."""
        return self.missing.tobytes() + self.inner.dump()

    def repeated(self, counts: Array) -> "Nulls":
        """Each value as often as `counts` says."""
        return Nulls(np.repeat(self.missing, counts), self.inner.repeated(counts))


class Lists:
    """Lists of values: where each list ends, then all values."""

    def __init__(self, lengths: Array, inner: Packed) -> None:
        self.lengths, self.inner = lengths, inner

    def dump(self) -> bytes:
        """The ends, then the values."""
        return np.cumsum(self.lengths, dtype="<u8").tobytes() + self.inner.dump()

    def repeated(self, counts: Array) -> "Lists":
        """Lists stand only in rows of their own, never beside exploded elements."""
        raise TypeError("a list cannot stand beside exploded elements")


Packer = Callable[[Sequence[Any]], Packed]


@cache
def packer(kind: str) -> Packer:
    """How values of a column type are packed; they come as JSON has them: text, numbers, lists, None for NULL."""
    if kind.startswith("Nullable("):
        return _nullable(packer(kind[9:-1]), blank_value(kind[9:-1]))
    if kind.startswith("Array("):
        return _listed(packer(kind[6:-1]))
    return _SCALARS["DateTime64" if kind.startswith("DateTime64") else kind]


def blank_value(kind: str) -> Any:
    """What stands for an absent value of a type."""
    if kind.startswith("Array("):
        return ()
    return _BLANKS.get("DateTime64" if kind.startswith("DateTime64") else kind)


@cache
def wire_type(kind: str) -> str:
    """The type that the block declares for a column of the table."""
    return kind.replace(WORD, TEXT)


def block(rows: int, columns: Iterable[tuple[str, str, Packed]]) -> list[bytes]:
    """The pieces of one Native block of (name, type, packed values) columns; joined only once, by who sends them."""
    listed = list(columns)
    parts = [varint(len(listed)), varint(rows)]
    for name, kind, packed in listed:
        parts += [text(name.encode()), text(wire_type(kind).encode()), packed.dump()]
    return parts


@cache
def varint(number: int) -> bytes:
    """A number, seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


_LENGTHS = [varint(length) for length in range(16_384)]


def _with_lengths(values: list[bytes]) -> list[bytes]:
    """Each value after its length, as pieces; made by the interpreter's own loops, for there are many."""
    lengths = list(map(len, values))
    short = max(lengths, default=0) < len(_LENGTHS)
    heads = map(_LENGTHS.__getitem__, lengths) if short else map(varint, lengths)
    return list(chain.from_iterable(zip(heads, values, strict=True)))


def text(value: bytes) -> bytes:
    """A string with its length in front."""
    return varint(len(value)) + value


def words(values: Sequence[str | None]) -> Text:
    """Texts of few distinct values, NULL as empty; each distinct one is packed once."""
    known = {value: text((value or "").encode()) for value in set(values)}
    if len(known) == 1:
        return Text(list(known.values()) * len(values))
    return Text([known[value] for value in values])


def texts(values: Sequence[str | None]) -> Text:
    """Texts that differ from row to row, NULL as empty."""
    return Text(_with_lengths([(value or "").encode() for value in values]), 2)


def raws(values: Sequence[Any]) -> Text:
    """JSON texts as they stand."""
    return Text(_with_lengths(list(map(bytes, values))), 2)


def numbers(dtype: str) -> Packer:
    """Numbers of one width; OverflowError when one does not fit."""
    return lambda values: Fixed(np.array(values, dtype=dtype))


def _nullable(inner: Packer, blank: Any) -> Packer:
    def pack(values: Sequence[Any]) -> Packed:
        absent = values.count(None)
        if absent == 0:
            return Nulls(np.zeros(len(values), "u1"), inner(values))
        if absent == len(values):
            return Nulls(np.ones(absent, "u1"), inner([blank]).repeated(np.array([absent])))
        missing = np.fromiter((value is None for value in values), dtype="u1", count=len(values))
        return Nulls(missing, inner([blank if value is None else value for value in values]))

    return pack


def _listed(inner: Packer) -> Packer:
    def pack(values: Sequence[Any]) -> Packed:
        return Lists(np.fromiter(map(len, values), dtype="u8", count=len(values)), inner(list(chain(*values))))

    return pack


_SCALARS: dict[str, Packer] = {
    "UUID": lambda values: Fixed(uuid_words(values)),
    "DateTime64": lambda values: Fixed(milliseconds(values)),
    "Date32": lambda values: Fixed(days(values)),
    "Int64": numbers("<i8"),
    "UInt32": numbers("<u4"),
    "UInt16": numbers("<u2"),
    "Float64": numbers("<f8"),
    "Bool": numbers("u1"),
    WORD: words,
    TEXT: texts,
}
_BLANKS: dict[str, Any] = {
    "UUID": "00000000-0000-0000-0000-000000000000", "DateTime64": "1970-01-01T00:00:00Z", "Date32": "1970-01-01",
    "Int64": 0, "UInt32": 0, "UInt16": 0, "Float64": 0.0, "Bool": False, WORD: "", TEXT: "",
}  # fmt: skip
