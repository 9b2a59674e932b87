"""What a consumer set aside: one line that it could not read or handle, where it stood, and why (R-EVT-10)."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

REPLAY_HEADER = "atlantic-replay"
"""Kafka header of a replayed line: the id of its letter. Only a consumer that set that line aside takes it."""


MOST_LINE_BYTES = 16 * 1024
MOST_REASON = 1000
MOST_MESSAGE_BYTES = 512 * 1024


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the topic `dead_letters`; `consumer` is worker, sink or reactor.

    `line` is for people (`as_text`): the exact bytes stand where `topic`, `partition`, `offset` and `line_no` say. A
    consumer that dies before it acknowledges writes the same letter again: readers count those as attempts. When the
    line is put back, each of its letters is written once more with `replayed_as`, the new topic-partition-offset.
    """

    reason: str
    topic: str
    partition: int
    offset: int
    line_no: int = 0
    attempts: int = 1
    consumer: str = ""
    failed_at: datetime | None = None
    line: str = ""
    replayed_as: str = ""

    @property
    def id(self) -> str:
        """Topic, partition, offset and line: the same for every consumer that failed on the line."""
        return letter_id(self.topic, self.partition, self.offset, self.line_no)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(DeadLetter)


def as_text(line: bytes) -> str:
    """A line as people can read it, whatever is in it; of a long one its beginning and how long it is.

    A letter must fit into a message itself, also when its line hardly did.
    """
    shown = line[:MOST_LINE_BYTES].decode("utf-8", "backslashreplace")
    return shown if len(line) <= MOST_LINE_BYTES else f"{shown} ... ({len(line):,} bytes)"


def letter_id(topic: str, partition: int, offset: int, line_no: int) -> str:
    """The id of a line's letter."""
    return f"{topic}-{partition}-{offset}-{line_no}"


def together(one: DeadLetter, other: DeadLetter) -> DeadLetter:
    """One letter of two about the same line and consumer, in whatever order they are read.

    Attempts are added up; the letter of a replay has the sum of those before it.
    """
    if one.replayed_as or other.replayed_as:
        return one if one.replayed_as else other
    return msgspec.structs.replace(other, attempts=one.attempts + other.attempts)


def encode_letters(letters: Iterable[DeadLetter]) -> bytes:
    """A message for the topic `dead_letters`: one letter a line."""
    return b"\n".join(map(_encoded, letters))


def letter_messages(letters: Iterable[DeadLetter]) -> Iterator[bytes]:
    """Messages for the topic `dead_letters`, each small enough for any producer."""
    lines: list[bytes] = []
    for line in map(_encoded, letters):
        if lines and sum(map(len, lines)) + len(line) > MOST_MESSAGE_BYTES:
            yield b"\n".join(lines)
            lines = []
        lines.append(line)
    if lines:
        yield b"\n".join(lines)


def _encoded(letter: DeadLetter) -> bytes:
    return _encoder.encode(msgspec.structs.replace(letter, reason=letter.reason[:MOST_REASON]))


def decode_letters(body: bytes) -> Iterator[DeadLetter]:
    """The letters of a message; msgspec.DecodeError when it is none."""
    return (_decoder.decode(line) for line in body.split(b"\n") if line)
