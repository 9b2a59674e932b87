"""A carrier for tests and demos: it moves parcels on a simulated clock and remembers nothing (R-SHP-9).

A parcel's whole way follows from its tracking number, which is its shipment's id: most arrive on the second day, some
late, some at the second try, and a few come back after the third.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from api import ids
from api.shipping.port import LabelWish
from api.shipping.schemas import CarrierReport
from api.shipping.states import Tracking

NAME = "Sandbox"
DAY = timedelta(days=1)
PREFIX = "SBX"

Step = tuple[float, Tracking, str]
"""Days after the shipment was made, what is reported then, and from where."""

_ON_THE_WAY: tuple[Step, ...] = (
    (0.0, "order_received", "Sandbox"), (0.3, "picked_up", "Depot"), (0.6, "arrived_facility", "Hub North"),
    (1.0, "departed_facility", "Hub North"),
)  # fmt: skip
_WAYS: tuple[tuple[int, tuple[Step, ...]], ...] = (
    (5, (
        (1.5, "out_for_delivery", "Town"), (1.7, "delivery_failed", "Door"), (2.5, "out_for_delivery", "Town"),
        (2.7, "delivery_failed", "Door"), (3.5, "out_for_delivery", "Town"), (3.7, "delivery_failed", "Door"),
    )),
    (12, (
        (1.5, "out_for_delivery", "Town"), (1.7, "delivery_failed", "Door"), (2.5, "out_for_delivery", "Town"),
        (2.7, "delivered", "Door"),
    )),
    (20, ((5.0, "arrived_facility", "Hub South"), (8.0, "out_for_delivery", "Town"), (8.2, "delivered", "Door"))),
    (100, ((1.5, "out_for_delivery", "Town"), (1.7, "delivered", "Door"))),
)  # fmt: skip
"""Ways by the percentile up to which parcels take them."""


class SandboxCarrier:
    """`day` is how long one of its days lasts by `clock`."""

    name = NAME

    def __init__(self, day: timedelta = DAY, clock: Callable[[], datetime] = ids.now) -> None:
        self._day, self._clock = day, clock

    async def label(self, wish: LabelWish) -> str:
        """The number follows from the shipment."""
        return f"{PREFIX}{wish.shipment_id.hex.upper()}"

    async def reports(self, tracking_numbers: Sequence[str]) -> Sequence[CarrierReport]:
        """What has happened to these parcels up to now; numbers of nobody's are passed over."""
        now = self._clock()
        known = [report for number in tracking_numbers for report in self._way(number)]
        return [report for report in known if report.occurred_at <= now]

    def _way(self, number: str) -> list[CarrierReport]:
        shipment_id = _shipment(number)
        if shipment_id is None:
            return []
        made_at = ids.drawn_at(shipment_id)
        return [
            CarrierReport(
                carrier=NAME,
                tracking_number=number,
                provider_event_id=f"{number}-{step}",
                status=status,
                location=place,
                occurred_at=made_at + days * self._day,
            )
            for step, (days, status, place) in enumerate(way_of(shipment_id))
        ]


def way_of(shipment_id: UUID) -> tuple[Step, ...]:
    """Everything that will be reported of a parcel."""
    percentile = int.from_bytes(sha256(shipment_id.bytes).digest()[:4]) % 100
    return _ON_THE_WAY + next(way for up_to, way in _WAYS if percentile < up_to)


def _shipment(number: str) -> UUID | None:
    try:
        return UUID(hex=number.removeprefix(PREFIX))
    except ValueError:
        return None
