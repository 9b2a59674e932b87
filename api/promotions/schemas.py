"""Requests and answers of promotions."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.pagination import PageWanted
from api.schemas import MAX_MINOR, Answer, Body, Change, Currency, Flag, Instant, Moment, Text100

Kind = Literal["percent", "fixed", "free_shipping"]
Scope = Literal["all", "seller", "category", "product"]
Funder = Literal["platform", "seller"]
Status = Literal["draft", "active", "paused", "ended"]
Code = Annotated[str, StringConstraints(pattern="^[A-Z0-9-]{3,40}$")]
BasisPoints = Annotated[int, Field(strict=True, ge=1, le=10_000, description="10,000 is all of it", examples=[1000])]
Amount = Annotated[int, Field(strict=True, ge=1, le=MAX_MINOR, description="ISO 4217 minor units", examples=[500])]
Floor = Annotated[int, Field(strict=True, ge=0, le=MAX_MINOR, description="ISO 4217 minor units", examples=[2000])]
Uses = Annotated[int, Field(strict=True, ge=1, le=2_147_483_647, examples=[100])]
Until = Annotated[Instant, Field(examples=["2026-12-24T23:00:00Z"])]


class NewPromotion(Body):
    """A coupon, with a code, or a discount that applies by itself, without."""

    code: Code | None = Field(default=None, description="makes it a coupon", examples=["ADVENT-10"])
    name: Text100 = Field(examples=["Ten percent in Advent"])
    kind: Kind = Field(examples=["percent"])
    value_bp: BasisPoints | None = Field(default=None, description="of kind percent; 10,000 is all of it")
    value_minor: Amount | None = Field(default=None, description="of kind fixed, in minor units of the currency")
    currency: Currency | None = Field(default=None, description="needed with any amount", examples=["GBP"])
    min_subtotal_minor: Floor = Field(default=0, description="of the goods in scope, before discounts")
    max_discount_minor: Amount | None = Field(default=None, description="at most this much an order")
    scope: Scope = "all"
    scope_id: UUID | None = Field(default=None, description="the seller, category (with those below) or product")
    funded_by: Funder | None = Field(default=None, description="sellers: always seller; operators: platform if absent")
    seller_id: UUID | None = Field(default=None, description="operators: the seller who pays")
    starts_at: Until | None = Field(default=None, description="now when absent")
    ends_at: Until | None = None
    usage_limit: Uses | None = Field(default=None, description="orders that may use it")
    per_user_limit: Uses | None = Field(default=None, description="orders of one shopper that may use it")
    announce: Flag = Field(default=False, description="a message to shoppers who agreed to them, once it is active")
    status: Literal["draft", "active"] = "draft"


class PromotionChange(Change):
    """Name, limits, dates and status; the value, its currency, the minimum and the most it gives only of a draft."""

    clears: ClassVar[frozenset[str]] = frozenset(
        {"max_discount_minor", "ends_at", "usage_limit", "per_user_limit", "expected_version"}
    )

    name: Text100 | None = None
    value_bp: BasisPoints | None = None
    value_minor: Amount | None = None
    currency: Currency | None = Field(default=None, description="needed with any amount", examples=["GBP"])
    min_subtotal_minor: Floor | None = None
    max_discount_minor: Amount | None = None
    starts_at: Until | None = None
    ends_at: Until | None = None
    usage_limit: Uses | None = None
    per_user_limit: Uses | None = None
    status: Status | None = None
    expected_version: Annotated[int, Field(strict=True, ge=0)] | None = None


class PromotionsWanted(PageWanted):
    """Which promotions, and in what order."""

    status: Status | None = None
    scope: Scope | None = None
    seller_id: UUID | None = None
    sort: Literal["starts_at", "-starts_at", "ends_at", "-ends_at"] = "-starts_at"


class PublicPromotion(Answer):
    """What everybody sees of a promotion that applies by itself."""

    id: UUID
    name: str
    kind: Kind
    value_bp: int | None
    value_minor: int | None
    currency: str | None
    min_subtotal_minor: int
    max_discount_minor: int | None
    scope: Scope
    scope_id: UUID | None
    seller_id: UUID | None
    starts_at: Moment
    ends_at: Moment | None
    status: Status


class Promotion(PublicPromotion):
    """What its seller and operators see of a promotion."""

    code: str | None
    funded_by: Funder
    usage_limit: int | None
    per_user_limit: int | None
    used_count: int = Field(description="orders that use it now; those that were given back are not counted")
    announce: bool
    published_at: Moment | None
    version: int
    created_at: Moment
    updated_at: Moment
