"""Writes events to lines of JSON and reads them back, one bad line never taking the others with it."""

from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from streams.events import EVENTS, Envelope, Event, Header

_encoder = msgspec.json.Encoder()
_header = msgspec.json.Decoder(Header)


class Undecodable(msgspec.Struct, frozen=True):
    """A line that is no event of the vocabulary: the raw line, its place in the message, and why."""

    line: bytes
    line_no: int
    reason: str


@cache
def _payload(event: str, version: int) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(EVENTS[event, version])


def encode(envelope: Envelope) -> bytes:
    """One line of JSON, without the line end."""
    return _encoder.encode(envelope)


def encode_message(envelopes: Iterable[Envelope]) -> bytes:
    """A Kafka message: one event a line."""
    return b"\n".join(map(_encoder.encode, envelopes))


def decode_line(line: bytes) -> Envelope:
    """Read one line; msgspec.DecodeError (malformed or wrong types) or KeyError (unknown name or version)."""
    return with_payload(_header.decode(line))


def decode_header(line: bytes) -> Header:
    """Read the envelope alone; msgspec.DecodeError when the line has none."""
    return _header.decode(line)


def with_payload(head: Header) -> Envelope:
    """Read the payload too; errors as of `decode_line`."""
    payload = _payload(head.event, head.version).decode(head.payload)
    return Envelope(
        event_id=head.event_id,
        event=head.event,
        version=head.version,
        aggregate_id=head.aggregate_id,
        aggregate_seq=head.aggregate_seq,
        tx=head.tx,
        occurred_at=head.occurred_at,
        recorded_at=head.recorded_at,
        correlation_id=head.correlation_id,
        causation_id=head.causation_id,
        payload=payload,
    )


def decode_message(body: bytes) -> Iterator[tuple[int, Envelope | Undecodable]]:
    """Each line of a message with its number (0, 1, ...); what cannot be read comes as Undecodable."""
    for number, line in enumerate(body.split(b"\n")):
        if line:
            yield number, _read(line, number)


def _read(line: bytes, number: int) -> Envelope | Undecodable:
    try:
        return decode_line(line)
    except KeyError as error:
        return Undecodable(line, number, f"unknown event {error.args[0]}")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Undecodable(line, number, f"undecodable: {error}")
