"""Requests and answers of tariffs."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from api.pagination import PageWanted
from api.schemas import Answer, Body, Change, Currency, Flag, Minor, Moment, Place, Text20, Text50, misfit
from api.sending import ShippingCost, ShippingOption

Days = Annotated[int, Field(strict=True, ge=0, le=365, examples=[3])]
Units = Annotated[int, Field(strict=True, ge=1, le=99)]


class NewTariff(Body):
    """A tariff: sellers make their own; an operator's is the platform's, or that of the seller it names."""

    carrier: Text50 = Field(examples=["Royal Mail"])
    service: Text50 = Field(examples=["Tracked 48"])
    seller_id: UUID | None = None
    from_province_id: Place | None = Field(default=None, description="where it is sent from; anywhere when absent")
    to_province_id: Place | None = Field(default=None, description="where it is sent to; anywhere when absent")
    base_minor: Minor = Field(examples=[295])
    per_kg_minor: Minor = Field(examples=[80])
    currency: Currency = Field(examples=["GBP"])
    min_days: Days = Field(examples=[1])
    max_days: Days = Field(examples=[3])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_days > self.max_days:
            message = f"must not be more than max_days, which is {self.max_days}"
            raise misfit("min_days", message, "out_of_order")
        return self


class TariffChange(Change):
    """Costs, days, and whether the tariff is in force; absent fields stay."""

    base_minor: Minor | None = None
    per_kg_minor: Minor | None = None
    min_days: Days | None = None
    max_days: Days | None = None
    active: Flag | None = None


class TariffsWanted(PageWanted):
    """Which tariffs, the newest first."""

    seller_id: UUID | None = Field(default=None, description="for operators; another seller's give nothing")
    currency: Currency | None = None
    active: bool | None = None


class TariffAnswer(Answer):
    """A tariff; without a seller it is the platform's."""

    id: UUID
    carrier: str
    service: str
    seller_id: UUID | None
    from_province_id: int | None
    to_province_id: int | None
    base_minor: int
    per_kg_minor: int
    currency: str
    min_days: int
    max_days: int
    active: bool
    created_at: Moment
    updated_at: Moment


class Destination(Body):
    """Where to: an address of the caller's book, or a place."""

    address_id: UUID | None = None
    province_id: Place | None = None
    city_id: Place | None = None
    postal_code: Text20 | None = Field(default=None, examples=["WC1B 3DG"])

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.address_id is None) == (self.province_id is None):
            raise ValueError("give either address_id or province_id")
        return self


class ItemToSend(Body):
    """Units of a product to be sent."""

    product_id: UUID
    quantity: Units


class RatesWanted(Body):
    """What to send where; without items the caller's own cart."""

    destination: Destination
    items: Annotated[list[ItemToSend], Field(min_length=1, max_length=100)] | None = None
    shipping_option: ShippingOption | None = Field(
        default=None, description="how the own cart is to be sent, for its total; the cheapest ways when absent"
    )

    @model_validator(mode="after")
    def _chosen_for_the_cart(self) -> Self:
        if self.items is not None and self.shipping_option is not None:
            raise misfit("shipping_option", "is for the own cart; leave it out, or the items")
        return self


class OptionAnswer(Answer):
    """One way to send a parcel; checkout takes its `code`."""

    code: str
    carrier: str | None
    service: str
    cost_minor: int
    currency: str
    min_days: int | None
    max_days: int | None
    estimated_delivery: date | None


class ParcelOptions(Answer):
    """The ways to send one seller's goods, the cheapest first."""

    seller_id: UUID
    options: list[OptionAnswer]


class CartTotal(Answer):
    """What the own cart costs when it is sent so: checkout's `expected_total_minor`, as long as nothing changes."""

    cart_version: int
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    total_minor: int
    shipping: list[ShippingCost]


class Rates(Answer):
    """A parcel per seller; of the own cart also the total."""

    parcels: list[ParcelOptions]
    cart: CartTotal | None = None
