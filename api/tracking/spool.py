"""Clicks that were taken while Kafka was away, on disk and synced, bounded, in the order they came (R-TRK-2)."""

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

_START = struct.Struct(">Q")  # where the first frame that is not delivered yet begins
_FRAME = struct.Struct(">IIB")  # length and checksum of the body, partition
_NO_FRAME = _FRAME.pack(0, 1, 0)  # its checksum is wrong: nothing behind it is read
_PIECE = 1024 * 1024

Message = tuple[int, bytes]


class SpoolFull(Exception):  # noqa: N818 - its bound is reached, or the disk's
    """There is no room for these messages."""


class Spool:
    """A file of messages; what `append` returned from survives a crash. Used by one thread of one process."""

    def __init__(self, path: Path, limit: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._limit = limit
        self._start, self._end = self._recovered()
        os.ftruncate(self._file, self._end)

    @property
    def size(self) -> int:
        """Bytes that wait for delivery."""
        return self._end - self._start

    def append(self, messages: Sequence[Message]) -> None:
        """Write messages and sync them; SpoolFull leaves the file as it was."""
        data = b"".join(_FRAME.pack(len(body), crc32(body), partition) + body for partition, body in messages)
        try:
            if self._end + len(data) > self._limit:
                self._move_up()
            if self._end + len(data) > self._limit:
                raise SpoolFull
            _write(self._file, data, self._end)
            os.fdatasync(self._file)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise SpoolFull from error
        self._end += len(data)

    def waiting(self) -> Iterator[tuple[Message, int]]:
        """Each message that is not delivered yet, with what to give to `delivered` once it is."""
        return self._frames(self._start)

    def delivered(self, position: int) -> None:
        """Everything before `position` stands in the log; an empty spool gives its room back."""
        self._start = position
        if self._start == self._end:
            self._start = self._end = _START.size
            os.ftruncate(self._file, self._end)
        _write(self._file, _START.pack(self._start), 0)
        os.fdatasync(self._file)

    def _move_up(self) -> None:
        """Put what waits over what is delivered, if it has room there; until the start is written it stands in both."""
        size = self.size
        if _START.size + size + _FRAME.size > self._start:
            return
        for at in range(0, size, _PIECE):
            piece = os.pread(self._file, min(_PIECE, size - at), self._start + at)
            _write(self._file, piece, _START.size + at)
        _write(self._file, _NO_FRAME, _START.size + size)
        os.fdatasync(self._file)
        self._start, self._end = _START.size, _START.size + size
        _write(self._file, _START.pack(self._start), 0)
        os.fdatasync(self._file)
        os.ftruncate(self._file, self._end)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _recovered(self) -> tuple[int, int]:
        head = os.pread(self._file, _START.size, 0)
        size = os.fstat(self._file).st_size
        if len(head) < _START.size:
            _write(self._file, _START.pack(_START.size), 0)
            return _START.size, _START.size
        start = _START.unpack(head)[0]
        if not _START.size <= start <= size:
            start = _START.size
        self._end = size
        return start, max((end for _, end in self._frames(start)), default=start)

    def _frames(self, at: int) -> Iterator[tuple[Message, int]]:
        while at + _FRAME.size <= self._end:
            length, checksum, partition = _FRAME.unpack(os.pread(self._file, _FRAME.size, at))
            body = os.pread(self._file, length, at + _FRAME.size)
            if len(body) < length or crc32(body) != checksum:
                return
            at += _FRAME.size + length
            yield (partition, body), at


def _write(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written
