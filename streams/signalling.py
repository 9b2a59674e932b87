"""Puts a signal into its envelope: its id follows from what made it so, so that a second try gives the same one."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from streams.events import Envelope
from streams.events.signals import Signal
from streams.ids import derived

NEWS = timedelta(days=1)
"""What became due longer ago is history: a worker that reads years of it tells nobody."""
IMPORTED = "import:"
"""How the correlation id of facts begins that an importer wrote: they tell of what happened elsewhere."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The event that made something so, kept with a row until it is due."""

    event_id: UUID
    correlation_id: str


def cause_of(envelope: Envelope) -> Cause:
    """The event as a cause."""
    return Cause(event_id=envelope.event_id, correlation_id=envelope.correlation_id)


def id_of(name: str, due_at: datetime, cause: Cause, *key: str) -> UUID:
    """The id of the signal that becomes due then by that cause; `key` tells several of one name and cause apart."""
    return derived(due_at, name, cause.event_id, *key)


def told(signal: Signal, cause: Cause, *key: str, recorded_at: datetime | None = None) -> Envelope:
    """The signal as it stands in the log; recorded when it became due, unless its cause was recorded later."""
    return Envelope(
        event_id=id_of(signal.name, signal.due_at, cause, *key),
        event=signal.name,
        version=signal.version,
        aggregate_id=signal.aggregate_id,
        aggregate_seq=0,
        tx=0,
        occurred_at=signal.due_at,
        recorded_at=recorded_at or signal.due_at,
        correlation_id=cause.correlation_id,
        causation_id=cause.event_id,
        payload=signal,
    )


def is_imported(envelope: Envelope) -> bool:
    """Whether an importer wrote it."""
    return envelope.correlation_id.startswith(IMPORTED)
