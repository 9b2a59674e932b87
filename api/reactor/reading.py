"""Picks out of Kafka messages the facts that somebody reacts to."""

from collections.abc import Iterator

import msgspec

from api.reactions import NAMES
from streams.events import Envelope
from streams.events.codec import Undecodable, decode_header, with_payload

# An importer writes everything that its orders imply itself (ARCHITECTURE.md, "Events").
IMPORTED = b'"correlation_id":"import:'


def facts(body: bytes) -> Iterator[tuple[int, Envelope | Undecodable]]:
    """The facts of a message that have reactions, with their line numbers, and the lines that cannot be read."""
    for number, line in enumerate(body.split(b"\n")):
        if line and IMPORTED not in line:
            found = _read(line, number)
            if found is not None:
                yield number, found


def _read(line: bytes, number: int) -> Envelope | Undecodable | None:
    try:
        head = decode_header(line)
        return with_payload(head) if head.event in NAMES else None
    except KeyError as error:
        return Undecodable(line, number, f"unknown event {error.args[0]}")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Undecodable(line, number, f"undecodable: {error}")
