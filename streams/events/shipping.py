"""Facts about parcels."""

from datetime import date, datetime
from uuid import UUID

from streams.events.envelope import Event, Item


class ShipmentEvent(Event, frozen=True, kw_only=True):
    """A fact about one shipment."""

    topic = "shipping"
    landing = "landing_shipments"
    key = "shipment_id"
    shipment_id: UUID
    order_id: UUID


class ShipmentCreated(ShipmentEvent, frozen=True, kw_only=True):
    """A seller's part of an order is to be sent."""

    name = "shipment.created"
    seller_id: UUID
    carrier: str | None = None
    service: str | None = None
    items: tuple[Item, ...]
    estimated_delivery: date | None = None
    province_id: int
    city_id: int


class ShipmentTracked(ShipmentEvent, frozen=True, kw_only=True):
    """The carrier reported where the parcel is."""

    name = "shipment.tracked"
    tracking_status: str
    status_before: str
    status_after: str
    location: str | None = None
    tracked_at: datetime
    carrier: str | None = None
    tracking_number: str | None = None


class ShipmentCancelled(ShipmentEvent, frozen=True, kw_only=True):
    """The parcel will not be sent."""

    name = "shipment.cancelled"
    cause: str
