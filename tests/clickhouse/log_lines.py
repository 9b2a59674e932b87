"""Made-up lines of the log for the warehouse's tests."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import count

from clickhouse.sink.reading import Message
from streams.events import Envelope, Event
from streams.events.codec import encode_message
from streams.events.ledger import JournalLine, JournalPosted
from streams.events.tracking import ClickTracked

_tx = count(1000)


def envelope(event: Event, *, at: datetime | None = None, seq: int = 1, event_id: uuid.UUID | None = None) -> Envelope:
    """One line about an event that happened `at` (now when it is not given)."""
    now = datetime.now(UTC)
    return Envelope(
        event_id=event_id or uuid.uuid4(),
        event=event.name,
        version=event.version,
        aggregate_id=event.aggregate_id,
        aggregate_seq=seq,
        tx=next(_tx),
        occurred_at=at or now,
        recorded_at=now,
        correlation_id="test",
        payload=event,
    )


def click(name: str = "Product Viewed", product: uuid.UUID | None = None, source: str = "client") -> Envelope:
    """A click of a session of its own."""
    event = ClickTracked(
        click_id=uuid.uuid4(),
        click_name=name,
        session_id=uuid.uuid4(),
        received_at=datetime.now(UTC),
        source=source,
        product_id=product or uuid.uuid4(),
        properties={"position": 3},
    )
    return envelope(event)


def entry(lines: Sequence[JournalLine], *, kind: str = "sale", currency: str = "GBP", at: datetime) -> Envelope:
    """A journal entry of an order of its own."""
    posted = JournalPosted(
        entry_id=uuid.uuid4(),
        kind=kind,
        cause_type="payment",
        cause_id=uuid.uuid4(),
        order_id=uuid.uuid4(),
        currency=currency,
        lines=tuple(lines),
    )
    return envelope(posted, at=at)


def message(envelopes: Iterable[Envelope], *, topic: str = "tracking", partition: int = 0, offset: int = 0) -> Message:
    """Some lines as one message."""
    return Message(topic, partition, offset, encode_message(envelopes))
