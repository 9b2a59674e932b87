"""Reads messages of the log: decodes the events that the worker wants, and names the lines that nobody can read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from streams.events import EVENTS, Envelope
from streams.events.codec import Undecodable, decode_header, with_payload
from streams.events.dead_letters import DeadLetter, as_text

CONSUMER = "worker"
_LINE_BITS = 20

Wanted = frozenset[str]


class Place(NamedTuple):
    """Where a line stands: topic without prefix, partition, offset of its message, number in it."""

    topic: str
    partition: int
    offset: int
    line_no: int

    @property
    def position(self) -> int:
        """Grows along a partition, over messages and lines; 0 and above."""
        return self.offset << _LINE_BITS | self.line_no


def read_message(body: bytes, wanted: Wanted) -> Iterator[tuple[int, Envelope | Undecodable]]:
    """The wanted events of a message with their line numbers, and what cannot be read as Undecodable.

    Of events that are not wanted only the envelope is looked at.
    """
    for number, line in enumerate(body.split(b"\n")):
        if line:
            found = _read(line, number, wanted)
            if found is not None:
                yield number, found


def _read(line: bytes, number: int, wanted: Wanted) -> Envelope | Undecodable | None:
    try:
        head = decode_header(line)
        if head.event in wanted:
            return with_payload(head)
        EVENTS[head.event, head.version]
    except KeyError as error:
        return Undecodable(line, number, f"unknown event {error.args[0]}")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Undecodable(line, number, f"undecodable: {error}")
    return None


def letter(place: Place, bad: Undecodable) -> DeadLetter:
    """The record of a line that the worker sets aside."""
    return DeadLetter(
        reason=bad.reason,
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        line_no=place.line_no,
        consumer=CONSUMER,
        failed_at=datetime.now(UTC),
        line=as_text(bad.line),
    )
