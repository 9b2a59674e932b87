"""Requests and answers of seller accounts."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.contacts import Email, Phone
from api.pagination import PageWanted
from api.schemas import Answer, Body, Change, Currency, Moment, Place, Plain, Text20, Text100, Text255, Version

Status = Literal["pending", "active", "suspended", "closed"]
DisplayName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100), Plain]


class ShipFrom(Body):
    """Where parcels leave."""

    province_id: Place
    city_id: Place
    province_name: Text100
    city_name: Text100
    street: Text255
    postal_code: Text20


class NewSeller(Body):
    """A seller account to open."""

    display_name: DisplayName = Field(examples=["Great Russell Gifts"])
    legal_name: Text255 = Field(examples=["Great Russell Gifts Ltd"])
    contact_email: Email
    contact_phone: Phone
    currency: Currency | None = Field(default=None, description="the platform's when absent", examples=["GBP"])
    ship_from: ShipFrom | None = None


class SellerChange(Change):
    """Fields to change; absent ones stay, null clears ship_from."""

    clears: ClassVar[frozenset[str]] = frozenset({"ship_from"})

    display_name: DisplayName | None = None
    legal_name: Text255 | None = None
    contact_email: Email | None = None
    contact_phone: Phone | None = None
    currency: Currency | None = Field(default=None, description="fixed once a product was listed", examples=["GBP"])
    ship_from: ShipFrom | None = None
    low_stock_threshold: Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)] | None = None
    status: Literal["active", "suspended", "closed"] | None = Field(default=None, description="operators only")
    commission_bp: Annotated[int, Field(strict=True, ge=0, le=10_000)] | None = Field(
        default=None, description="operators only; counts for orders placed from then on"
    )
    expected_version: Version | None = None


class PublicSeller(Answer):
    """What everybody sees of a seller."""

    id: UUID
    display_name: str
    slug: str
    currency: str
    status: Status
    created_at: Moment


class Seller(PublicSeller):
    """What its owner and operators see of a seller."""

    user_id: UUID
    legal_name: str
    contact_email: str
    contact_phone: str
    commission_bp: int = Field(description="basis points of the net of its sales")
    low_stock_threshold: int
    ship_from: ShipFrom | None
    version: int
    updated_at: Moment


class Rated(Answer):
    """What buyers say of everything that a seller has sold."""

    rating_average: str | None = Field(description="two decimals, of all its products", examples=["4.25"])
    rating_count: int


class PublicSellerPage(PublicSeller, Rated):
    """What everybody sees of one seller."""


class SellerPage(Seller, Rated):
    """What its owner and operators see of one seller."""


class SellersWanted(PageWanted):
    """Which sellers, and in what order."""

    status: Status | None = Field(default=None, description="operators only; everybody else sees the active ones")
    q: Text100 | None = Field(default=None, description="part of the display name")
    sort: Literal["name", "-created_at"] = "name"
