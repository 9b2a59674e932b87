"""Opens a data file, CSV (plain or gzip) or Parquet, as rows of text in the order of columns that a reader asks for."""

import csv
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isnan
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Row = list[str]
CHUNK_BYTES = 1 << 16
PARQUET_ROWS = 65_536
# Index columns that data frame libraries add by themselves carry nothing.
UNNAMED = ("", "unnamed0", "indexlevel0", "index")
SEPARATORS = ";\t|"
SHOWN_LETTERS = 40
FOREIGN = {
    b"PK": "an Excel workbook or a zip archive: save its sheet as CSV, or unpack it",
    b"BZh": "compressed with bzip2: unpack it, or use gzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it, or use gzip",
    b"\xfd7zX": "compressed with xz: unpack it, or use gzip",
    b"\xff\xfe": "UTF-16: save it as UTF-8",
    b"\xfe\xff": "UTF-16: save it as UTF-8",
}


class UnreadableFileError(Exception):
    """A file, or a part of it, that no row can be read from; the message names the part and the mend."""


@dataclass
class Layout:
    """Columns that a data set publishes: each own name with the spellings that stand for it."""

    title: str
    columns: Mapping[str, Sequence[str]]

    def positions(self, header: Sequence[str]) -> list[int]:
        """Where each column stands in `header`; UnreadableFileError names a missing, unknown or doubled one."""
        spelled = {_plain(alias): name for name, aliases in self.columns.items() for alias in (name, *aliases)}
        found: dict[str, int] = {}
        for position, heading in enumerate(header):
            name = spelled.get(_plain(heading))
            if name is None:
                if _plain(heading) in UNNAMED:
                    continue
                raise UnreadableFileError(
                    f"unknown column {heading[:SHOWN_LETTERS]!r}: {self.described()}; rename or remove it"
                )
            if name in found:
                raise UnreadableFileError(f"column {name!r} stands in the header twice: keep one of them")
            found[name] = position
        if missing := [name for name in self.columns if name not in found]:
            raise UnreadableFileError(
                f"missing column {missing[0]!r}: {self.described()}; the header holds {', '.join(header) or 'nothing'}"
            )
        return [found[name] for name in self.columns]

    def described(self) -> str:
        """The columns that the data set publishes, as a sentence says them."""
        return f"{self.title} has " + ", ".join("/".join((name, *aliases)) for name, aliases in self.columns.items())


def _plain(heading: str) -> str:
    return "".join(letter for letter in heading.casefold() if letter.isalnum())


@dataclass
class Source:
    """Rows of one file; `broken` counts by reason what was in the file and is no row."""

    path: Path
    layout: Layout
    broken: dict[str, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Row]:
        """Each row's cells in the order of the layout's columns, as text, an absent one as ''."""
        try:
            magic = _magic(self.path)
        except OSError as error:
            raise UnreadableFileError(f"cannot open {self.path}: {error.strerror}") from error
        for start, what in FOREIGN.items():
            if magic.startswith(start):
                raise UnreadableFileError(f"{self.path.name} is {what}")
        rows = self._parquet() if magic == b"PAR1" else self._csv(compressed=magic[:2] == b"\x1f\x8b")
        yield from rows

    def count(self, reason: str) -> None:
        """One more row of the file that cannot be taken for `reason`."""
        self.broken[reason] = self.broken.get(reason, 0) + 1

    def _csv(self, *, compressed: bool) -> Iterator[Row]:
        reader = csv.reader(self._lines(compressed=compressed))
        try:
            header = next(reader, [])
            self._check(header)
            positions, width = self.layout.positions(header), len(header)
            for row in reader:
                if len(row) == width:
                    yield [row[position] for position in positions]
                elif row:
                    self.count("fewer columns than the header" if len(row) < width else "more columns than the header")
        except csv.Error as error:
            raise UnreadableFileError(
                f"{self.path.name}, line {reader.line_num}: {error}; a quote may be opened there and never closed"
            ) from error

    def _check(self, header: Sequence[str]) -> None:
        name = self.path.name
        if not header:
            why = "breaks off before its first row: copy or download it again" if self.broken else "is empty"
            raise UnreadableFileError(f"{name} {why}; {self.layout.described()}")
        if any(letter < " " and letter not in "\t\r\n" for heading in header for letter in heading):
            raise UnreadableFileError(f"{name} is neither CSV (plain or gzip) nor Parquet: {self.layout.described()}")
        for separator in SEPARATORS if len(header) == 1 else "":
            if separator in header[0]:
                raise UnreadableFileError(f"{name} separates its columns by {separator!r}: save it with commas")

    def _lines(self, *, compressed: bool) -> Iterator[str]:
        chunks = _inflated(self.path, self.count) if compressed else _chunks(self.path)
        first = True
        for raw in _split(chunks):
            line = _text(raw).replace("\0", "")
            yield line.removeprefix("\ufeff") if first else line
            first = False

    def _parquet(self) -> Iterator[Row]:
        try:
            with pq.ParquetFile(self.path) as file:
                header = file.schema_arrow.names
                picked = [header[position] for position in self.layout.positions(header)]
                for batch in file.iter_batches(PARQUET_ROWS, columns=picked):
                    columns = [_cells(batch.column(name).to_pylist()) for name in picked]
                    yield from map(list, zip(*columns, strict=True))
        except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: text that is no UTF-8
            raise UnreadableFileError(
                f"{self.path.name} is a Parquet file that is cut off or damaged ({str(error).splitlines()[0]}): "
                "copy or download it again"
            ) from error


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _inflated(path: Path, count: Callable[[str], None]) -> Iterator[bytes]:
    """What can be read of a gzip file; a cut or damaged end takes only its unfinished last line with it."""
    inflate, kept = zlib.decompressobj(zlib.MAX_WBITS | 16), b""
    try:
        for chunk in _chunks(path):
            data = chunk
            while data:
                whole, kept = _whole_lines(kept + inflate.decompress(data))
                yield whole
                data = inflate.unused_data if inflate.eof else b""
                if inflate.eof and data:
                    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        if inflate.eof:
            yield kept
            return
    except zlib.error:
        pass
    count("cut off: the compressed file ends or breaks here")


def _whole_lines(data: bytes) -> tuple[bytes, bytes]:
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept = b""
    for chunk in chunks:
        *lines, kept = (kept + chunk).splitlines(keepends=True) or [b""]
        if kept.endswith(b"\n"):
            lines, kept = [*lines, kept], b""
        yield from lines
    if kept:
        yield kept


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")  # latin-1, as form I was published, is part of it


def _cells(values: list[object]) -> list[str]:
    return [_cell(value) for value in values]


def _cell(value: object) -> str:
    """The published text of a typed value: the shortest decimal that gives a float, ISO for a moment."""
    if isinstance(value, str):
        return value.replace("\0", "") if "\0" in value else value
    if value is None:
        return ""
    if isinstance(value, float):
        if isnan(value):
            return ""
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
