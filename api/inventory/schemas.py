"""Requests and answers of stock, holds and movements."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from api.pagination import PageWanted
from api.schemas import Answer, Body, Instant, Moment, Note, Version, misfit

Units = Annotated[int, Field(strict=True, ge=1, le=10_000)]
Kind = Literal["received", "adjusted", "reserved", "released", "expired", "deducted", "restocked", "returned"]


def _not_nothing(value: int) -> int:
    if value == 0:
        raise ValueError("must not be 0")
    return value


class Level(Answer):
    """What everybody sees of a product's stock."""

    product_id: UUID
    available: int
    in_stock: bool


class Bucket(Answer):
    """One stock row."""

    bucket: int
    on_hand: int
    reserved: int
    version: int


class Stock(Level):
    """What the owner and operators see of a product's stock; sums over its buckets."""

    on_hand: int
    reserved: int
    version: int = Field(description="raised by every movement; give it as expected_version")
    buckets: list[Bucket]


class Levels(Answer):
    """Stock of several products."""

    items: list[Level]
    missing: list[UUID] = Field(description="ids of no product that is for sale")


class UnitsToHold(Body):
    """A product and how many units of it."""

    product_id: UUID
    quantity: Units


class Reserve(Body):
    """A hold to take."""

    order_id: UUID
    items: Annotated[list[UnitsToHold], Field(min_length=1, max_length=100)]
    ttl_s: int = Field(default=900, strict=True, ge=60, le=86_400)


class HoldNamed(Body):
    """A hold, by its order or its own id."""

    order_id: UUID | None = None
    reservation_id: UUID | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.order_id is None) == (self.reservation_id is None):
            raise ValueError("give either order_id or reservation_id")
        return self


class Release(HoldNamed):
    """A hold to give back."""

    reason: Literal["cancelled", "payment_failed", "expired"] = "cancelled"


class HeldItem(Answer):
    """Units of a product in a hold."""

    product_id: UUID
    quantity: int


class Reservation(Answer):
    """A hold."""

    reservation_id: UUID
    order_id: UUID
    status: Literal["held", "deducted", "released", "expired"]
    expires_at: Moment
    items: list[HeldItem]


class StockChange(Body):
    """Units to add, or with a minus to take away."""

    quantity: Annotated[
        int, Field(strict=True, ge=-1_000_000, le=1_000_000, examples=[25]), AfterValidator(_not_nothing)
    ]
    reason: Literal["received", "adjusted", "restocked", "returned"] = "received"
    note: Note | None = None

    @model_validator(mode="after")
    def _only_corrections_take_away(self) -> Self:
        if self.quantity < 0 and self.reason != "adjusted":
            raise misfit("quantity", "must be above 0: only the reason adjusted takes units away")
        return self


class StockCounted(Body):
    """What was counted."""

    on_hand: Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
    expected_version: Version | None = None
    note: Note | None = None


class MovementsWanted(PageWanted):
    """Which movements; newest first."""

    kind: list[Kind] = Field(default=[], max_length=8, description="repeatable")
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Annotated[Instant | None, Field(alias="to")] = None
    cause_id: UUID | None = None


class Movement(Answer):
    """One movement of a stock row, and the row after it."""

    id: UUID
    bucket: int
    kind: Kind
    on_hand_delta: int
    reserved_delta: int
    on_hand_after: int
    reserved_after: int
    version: int
    cause_type: str
    cause_id: UUID | None
    actor_id: UUID | None
    reason: str | None
    occurred_at: Moment


class StockAsOf(Answer):
    """Stock as it was at a time, and the movement that made it so: none before the first."""

    product_id: UUID
    as_of: Moment
    on_hand: int
    reserved: int
    available: int
    movement: Movement | None
