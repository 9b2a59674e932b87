"""Parcels on their way: pure. One that has not arrived when its day is over is late, once (R-SHP-8)."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import msgspec

from streams.events import Envelope
from streams.events.shipping import ShipmentCancelled, ShipmentCreated, ShipmentTracked
from streams.events.signals import ShipmentLate
from streams.reading import Place
from streams.signalling import Cause, cause_of, told
from streams.tables import Table
from streams.timers import Timers

ARRIVED = frozenset({"delivered", "returned", "cancelled"})
DAY = timedelta(days=1)


class Parcel(msgspec.Struct, kw_only=True):
    """A parcel with a day on which it should arrive; it is late at `due_at`."""

    order_id: UUID
    seller_id: UUID
    carrier: str | None
    status: str = "pending"
    estimated_delivery: date
    due_at: datetime
    cause: Cause


class Parcels:
    """The table of parcels that are expected; one that arrived, will not, or was found late is not in it.

    `day` is how long a carrier's day lasts: the parcels of a demo move on a clock that runs faster.
    """

    def __init__(self, day: timedelta = DAY) -> None:
        self.table: Table[Parcel] = Table("shipments_open", Parcel, "shipment: status, when it should have arrived")
        self.timers = Timers()
        self._day = day

    def arm(self) -> None:
        """Set the timers of a table that was loaded."""
        self.timers.load((key, parcel.due_at) for key, parcel in self.table.values.items())

    def apply(self, envelope: Envelope, place: Place, news_from: datetime) -> list[Envelope]:
        """Take a fact; the signal when its parcel was late by then, unless that was due before `news_from`."""
        key, event = str(envelope.aggregate_id), envelope.payload
        if isinstance(event, ShipmentCreated):
            self._expect(key, event, envelope, place)
            return []
        parcel = self.table.get(key)
        if parcel is None:
            return []
        if parcel.due_at <= envelope.occurred_at:
            return self._tell(key, parcel, news_from)
        if isinstance(event, ShipmentCancelled) or (
            isinstance(event, ShipmentTracked) and event.status_after in ARRIVED
        ):
            self.table.drop(key)
        elif isinstance(event, ShipmentTracked):
            parcel.status, parcel.carrier = event.status_after, event.carrier or parcel.carrier
            self.table.put(key, parcel, place.partition)
        return []

    def _expect(self, key: str, event: ShipmentCreated, envelope: Envelope, place: Place) -> None:
        if event.estimated_delivery is None or self.table.get(key) is not None:
            return
        parcel = Parcel(
            order_id=event.order_id,
            seller_id=event.seller_id,
            carrier=event.carrier,
            estimated_delivery=event.estimated_delivery,
            due_at=self._over(event.estimated_delivery, envelope.occurred_at),
            cause=cause_of(envelope),
        )
        self.table.put(key, parcel, place.partition)
        self.timers.arm(key, parcel.due_at)

    def _over(self, day: date, since: datetime) -> datetime:
        """When the day is over, in UTC; by a faster clock, as many of its days after `since`."""
        if self._day == DAY:
            return datetime.combine(day, time(), UTC) + DAY
        return since + self._day * max(1, (day - since.date()).days)

    def fire(self, now: datetime, news_from: datetime) -> list[Envelope]:
        """The parcels that have not arrived up to now."""
        late = [(key, self.table.get(key)) for key in self.timers.due(now)]
        return [signal for key, parcel in late if parcel is not None for signal in self._tell(key, parcel, news_from)]

    def _tell(self, key: str, parcel: Parcel, news_from: datetime) -> list[Envelope]:
        self.table.drop(key)
        if parcel.due_at < news_from:
            return []
        signal = ShipmentLate(
            shipment_id=UUID(key),
            order_id=parcel.order_id,
            seller_id=parcel.seller_id,
            carrier=parcel.carrier,
            estimated_delivery=parcel.estimated_delivery,
            due_at=parcel.due_at,
            triggered_by=(parcel.cause.event_id,),
        )
        return [told(signal, parcel.cause)]
