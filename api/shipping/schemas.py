"""Requests and answers of parcels."""

from datetime import date
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.schemas import AddressKept, Answer, Change, Instant, Moment, Text50, Text100, Text255, Version, misfit
from api.shipping.states import Tracking

Status = Literal[
    "pending", "picked_up", "in_transit", "out_for_delivery", "delivered", "failed", "returned", "cancelled"
]


class ParcelChange(Change):
    """What a seller without carrier integration reports of an own parcel.

    `cancelled`: it will not be sent; `returned_to_sender`: it left and does not arrive, it came back or is lost. Null
    takes back a carrier, service or tracking number.
    """

    clears: ClassVar[frozenset[str]] = frozenset({"carrier", "service", "tracking_number"})

    carrier: Text50 | None = None
    service: Text50 | None = None
    tracking_number: Text100 | None = None
    status: (
        Literal["packing", "picked_up", "out_for_delivery", "delivered", "returned_to_sender", "cancelled"] | None
    ) = None
    location: Text255 | None = Field(default=None, description="where `status` was seen")
    expected_version: Version | None = None

    @model_validator(mode="after")
    def _seen_somewhere(self) -> Self:
        if self.location and self.status in (None, "cancelled"):
            raise misfit("location", "goes with a status that somebody saw; give both, or leave it out")
        return self


class TrackingAnswer(Answer):
    """One report on a parcel."""

    status: Tracking
    location: str | None
    occurred_at: Moment


class ParcelAnswer(Answer):
    """One seller's parcel of an order; the full address is for its shopper and its seller."""

    id: UUID
    order_id: UUID
    seller_id: UUID
    kind: Literal["outbound", "replacement"]
    status: Status
    carrier: str | None
    service: str | None
    tracking_number: str | None
    shipping_cost_minor: int = Field(description="of the way that its order chose, before promotions")
    currency: str
    estimated_delivery: date | None
    destination_address: AddressKept
    shipped_at: Moment | None
    delivered_at: Moment | None
    version: int
    last_event: TrackingAnswer | None = None


class Parcels(Answer):
    """The parcels of an order."""

    items: list[ParcelAnswer]


class ParcelHistory(Answer):
    """A parcel and everything that was reported of it, the oldest first."""

    shipment: ParcelAnswer
    items: list[TrackingAnswer]


class CarrierReport(BaseModel):
    """What a carrier says of a parcel; fields of its own beside these are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    carrier: Text50 = Field(examples=["Royal Mail"])
    tracking_number: Text100 = Field(examples=["RM123456785GB"])
    provider_event_id: Text255 = Field(examples=["evt_71"])
    status: Tracking
    location: Text255 | None = None
    occurred_at: Instant = Field(examples=["2026-11-21T08:00:00Z"])


class CarrierReports(BaseModel):
    """Several reports in one call."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    events: Annotated[list[CarrierReport], Field(min_length=1, max_length=100)]


class ReportsTaken(Answer):
    """How many reports were new, and how many had been taken before."""

    accepted: int
    ignored: int
