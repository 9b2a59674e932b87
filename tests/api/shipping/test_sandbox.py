"""The sandbox carrier: parcels that move on a clock of their own."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from api import ids
from api.shipping.port import LabelWish
from api.shipping.sandbox import SandboxCarrier, way_of
from api.shipping.states import after

MADE = datetime(2026, 11, 21, 8, tzinfo=UTC)


def parcel(number: int) -> UUID:
    """The id of a shipment that was made then."""
    return ids.derived(MADE, "parcel", number)


class Clock:
    """Stands still until the test moves it."""

    now = MADE

    def __call__(self) -> datetime:
        """What it says."""
        return self.now


async def test_a_parcel_moves_as_the_clock_does() -> None:
    """R-SHP-9: days as long as they are told to be; nothing is reported before it happened, everything again after."""
    clock = Clock()
    carrier = SandboxCarrier(timedelta(minutes=1), clock)
    shipment = next(parcel(n) for n in range(99) if [step[1] for step in way_of(parcel(n))][-1] == "delivered")
    number = await carrier.label(LabelWish(shipment_id=shipment, service=None, address={}))
    assert number == await carrier.label(LabelWish(shipment_id=shipment, service="other", address={}))
    told = []
    for days in (0.0, 0.4, 0.7, 1.2, 30.0):
        clock.now = MADE + days * timedelta(minutes=1)
        told.append([report.status for report in await carrier.reports([number])])
        assert all(report.occurred_at <= clock.now for report in await carrier.reports([number]))
    assert told[:4] == [
        ["order_received"],
        ["order_received", "picked_up"],
        ["order_received", "picked_up", "arrived_facility"],
        ["order_received", "picked_up", "arrived_facility", "departed_facility"],
    ]
    assert told[4] == [step[1] for step in way_of(shipment)]
    again = await SandboxCarrier(timedelta(minutes=1), clock).reports([number, "no number of its own"])
    assert [report.provider_event_id for report in again] == [f"{number}-{step}" for step in range(len(told[4]))]


def test_parcels_end_in_every_way() -> None:
    """R-SHP-7, R-SHP-9: most arrive in time; some late, some at the second try, some come back after three."""
    ends: Counter[str] = Counter()
    for number in range(1_000):
        status, failed = "pending", 0
        for _, report, _ in way_of(parcel(number)):
            status = after(status, report, failed_before=failed)
            failed += report == "delivery_failed"
        late = way_of(parcel(number))[-1][0] > 3
        ends[f"{status}{' late' if late and status == 'delivered' else ''}{f' after {failed}' if failed else ''}"] += 1
    assert set(ends) == {"delivered", "delivered late", "delivered after 1", "returned after 3"}
    assert 700 < ends["delivered"] < 870
