"""What an order is charged for its shipping: one charge a seller, kept with the order as it was told (R-ORD-23)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Row, ScalarSelect, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from api.ledger.service import Charge
from api.promotions.service import Discounts
from api.tariffs.service import Option


class ShippingCharge(msgspec.Struct, frozen=True, kw_only=True):
    """The way a seller's parcel goes, its cost, what promotions take off it, and what went back of the charge.

    `platform_minor` is the part of the discount that the platform pays (R-PRO-6).
    """

    seller_id: UUID
    code: str
    carrier: str | None
    service: str
    max_days: int | None
    cost_minor: int
    discount_minor: int = 0
    platform_minor: int = 0
    refunded_minor: int = 0

    @property
    def charged_minor(self) -> int:
        """What the shopper pays."""
        return self.cost_minor - self.discount_minor

    @property
    def left_minor(self) -> int:
        """What of it did not go back."""
        return self.charged_minor - self.refunded_minor

    @property
    def booked(self) -> Charge:
        """As the ledger books it."""
        return Charge(seller_id=self.seller_id, charged_minor=self.charged_minor, platform_minor=self.platform_minor)

    def arrives_by(self, today: date) -> date | None:
        """The latest day on which the parcel arrives when it leaves today."""
        return None if self.max_days is None else today + timedelta(days=self.max_days)


def of_ways(ways: Mapping[UUID, Option], discounts: Discounts) -> tuple[ShippingCharge, ...]:
    """The charges of the chosen ways."""
    return tuple(
        ShippingCharge(
            seller_id=seller_id,
            code=option.code,
            carrier=option.carrier,
            service=option.service,
            max_days=option.max_days,
            cost_minor=option.cost_minor,
            discount_minor=discounts.shipping.get(seller_id, 0),
            platform_minor=discounts.platform_shipping.get(seller_id, 0),
        )
        for seller_id, option in ways.items()
    )


def of_order(order: Row[Any]) -> tuple[ShippingCharge, ...]:
    """The charges of an order's row; none for one that was placed before there were any, or imported."""
    return msgspec.convert(order.shipping_options, tuple[ShippingCharge, ...])


def charged_to(seller_id: UUID, options: ColumnElement[Any]) -> ScalarSelect[Any]:
    """What the shopper pays for a seller's parcel, as SQL over an order's column of charges."""
    charge = func.jsonb_array_elements(options, type_=JSONB).column_valued("charge", joins_implicitly=True)
    cost, discount = (cast(charge[name].astext, BigInteger) for name in ("cost_minor", "discount_minor"))
    paid = select(func.coalesce(func.sum(cost - func.coalesce(discount, 0)), 0))
    return paid.where(charge["seller_id"].astext == str(seller_id)).scalar_subquery()


def booked(charges: Iterable[ShippingCharge]) -> list[Charge]:
    """The charges as the ledger books them."""
    return [charge.booked for charge in charges]


def as_json(charges: Sequence[ShippingCharge]) -> str:
    """As an order's row keeps them."""
    return msgspec.json.encode(charges).decode()
