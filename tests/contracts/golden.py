"""The golden lines: one per event and version, as it was first written; run this module to draft missing ones."""

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from polyfactory.factories.msgspec_factory import MsgspecFactory

from streams.events import EVENTS, Envelope, Event
from streams.events.codec import encode

FOLDER = Path(__file__).parent / "golden"
MOMENT = datetime(2026, 11, 21, 8, 15, 0, 123_000, tzinfo=UTC)


def path(event: type[Event]) -> Path:
    """Where the golden line of an event stands."""
    return FOLDER / f"{event.name}.v{event.version}.json"


def line(event: type[Event]) -> bytes:
    """The golden line, as it would stand in the log."""
    return json.dumps(json.loads(path(event).read_text()), separators=(",", ":"), ensure_ascii=False).encode()


def lines() -> list[bytes]:
    """All golden lines."""
    return [line(event) for event in EVENTS.values()]


def draft(event: type[Event]) -> str:
    """A first golden line with every field filled, always the same for the same class."""
    chance = Random(f"{event.name}.v{event.version}")

    class Made(MsgspecFactory[Any]):
        __model__ = event
        __random_seed__ = chance.randrange(2**32)
        __allow_none_optionals__ = False
        __randomize_collection_length__ = True
        __min_collection_length__ = 2
        __max_collection_length__ = 3

        @classmethod
        def get_provider_map(cls) -> dict[Any, Any]:
            return {
                **super().get_provider_map(),
                UUID: lambda: UUID(int=chance.getrandbits(128), version=4),
                int: lambda: chance.randrange(1, 100_000),
                float: lambda: chance.randrange(1, 100) / 4,
                str: lambda: chance.choice(["north", "south", "Räuber, Ö & Söhne", "GBP", 'a "quoted" word']),
                datetime: lambda: MOMENT,
            }

    payload = Made.build()
    envelope = Envelope(
        event_id=UUID(int=chance.getrandbits(128), version=4),
        event=event.name,
        version=event.version,
        aggregate_id=payload.aggregate_id,
        aggregate_seq=1,
        tx=1000,
        occurred_at=MOMENT,
        recorded_at=MOMENT,
        correlation_id="golden",
        payload=payload,
    )
    return json.dumps(json.loads(encode(envelope)), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the golden lines that are missing; existing ones are never touched: old lines must decode for ever."""
    for event in EVENTS.values():
        if not path(event).exists():
            path(event).write_text(draft(event))
            print(path(event).name)


if __name__ == "__main__":
    main()
