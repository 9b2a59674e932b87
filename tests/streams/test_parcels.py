"""Parcels that did not arrive on their day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from streams.events import Envelope
from streams.events.shipping import ShipmentCancelled, ShipmentCreated, ShipmentEvent, ShipmentTracked
from streams.events.signals import ShipmentLate
from streams.reading import Place
from streams.shipping.state import DAY, Parcels
from tests.streams.facts import START, envelope

PARCEL, ORDER, SELLER = (UUID(int=number) for number in (800, 801, 802))
PROMISED = date(2026, 11, 24)
OVER = datetime(2026, 11, 25, tzinfo=UTC)
ALWAYS = START - timedelta(days=365)


def take(parcels: Parcels, event: ShipmentEvent, seq: int, at: datetime) -> list[Envelope]:
    """Take a fact."""
    return parcels.apply(envelope(event, seq, at=at), Place("shipping", 0, seq, 0), ALWAYS)


def sent(day: date | None = PROMISED, length: timedelta = DAY) -> Parcels:
    """A parcel on its way."""
    parcels = Parcels(length)
    event = ShipmentCreated(
        shipment_id=PARCEL, order_id=ORDER, seller_id=SELLER, items=(), estimated_delivery=day, province_id=1, city_id=1
    )
    assert take(parcels, event, 1, START) == []
    return parcels


def tracked(status: str, **fields: Any) -> ShipmentTracked:
    """What a carrier says."""
    return ShipmentTracked(
        shipment_id=PARCEL, order_id=ORDER, tracking_status=status, status_before="pending", status_after=status,
        tracked_at=START, **fields,
    )  # fmt: skip


def test_it_is_late_when_its_day_is_over_once() -> None:
    """R-SHP-8: whatever is heard of it afterwards."""
    parcels = sent()
    take(parcels, tracked("in_transit", carrier="UPS"), 2, START)
    assert parcels.fire(OVER - timedelta(seconds=1), ALWAYS) == []
    (signal,) = parcels.fire(OVER, ALWAYS)
    assert isinstance(signal.payload, ShipmentLate)
    assert (signal.payload.carrier, signal.payload.estimated_delivery, signal.occurred_at) == ("UPS", PROMISED, OVER)
    assert (signal.payload.order_id, signal.payload.seller_id) == (ORDER, SELLER)
    assert take(parcels, tracked("delivered"), 3, OVER + DAY) == []
    assert (parcels.fire(OVER + DAY, ALWAYS), len(parcels.table)) == ([], 0)


@pytest.mark.parametrize("end", ["delivered", "returned"])
def test_one_that_arrived_in_time_is_not(end: str) -> None:
    """R-SHP-8: nor one that came back."""
    parcels = sent()
    take(parcels, tracked(end), 2, OVER - timedelta(seconds=1))
    assert (parcels.fire(OVER + DAY, ALWAYS), len(parcels.table)) == ([], 0)


def test_one_that_is_not_sent_or_was_promised_for_no_day_is_not() -> None:
    """R-SHP-8: a parcel that was called off; a seller who sends without a carrier's word."""
    parcels = sent()
    take(parcels, ShipmentCancelled(shipment_id=PARCEL, order_id=ORDER, cause="x"), 2, START)
    assert (parcels.fire(OVER + DAY, ALWAYS), len(parcels.table)) == ([], 0)
    assert len(sent(None).table) == 0


def test_an_arrival_that_is_read_late_was_late() -> None:
    """R-SHP-8: by when it happened, not by when it was read; nothing is told of the past."""
    (signal,) = take(sent(), tracked("delivered"), 2, OVER + timedelta(hours=1))
    assert signal.occurred_at == OVER
    assert sent().fire(OVER + 3 * DAY, OVER + DAY) == []


def test_a_second_reading_tells_the_same() -> None:
    """R-EVT-12: after a kill."""
    parcels = sent()
    row = parcels.table.values[str(PARCEL)]
    again = Parcels()
    again.table.put(str(PARCEL), row, 0)
    again.arm()
    assert [s.event_id for s in again.fire(OVER, ALWAYS)] == [s.event_id for s in parcels.fire(OVER, ALWAYS)]


def test_a_faster_clock_makes_days_short() -> None:
    """R-SHP-9: three promised days on a carrier's clock that runs through one in a minute."""
    parcels = sent(length=timedelta(minutes=1))
    assert parcels.fire(START + timedelta(minutes=2, seconds=59), ALWAYS) == []
    assert len(parcels.fire(START + timedelta(minutes=3), ALWAYS)) == 1
