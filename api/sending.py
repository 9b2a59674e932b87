"""Shapes of shipping that its tariffs and the orders that are charged by them share."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas import Answer, in_words

OptionCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=110),
    Field(examples=["royal mail/tracked 48"]),
]
ShippingOption = Annotated[
    OptionCode | Annotated[dict[UUID, OptionCode], Field(max_length=100)],
    in_words("must be a code of POST /v1/shipping/rates, or an object of one such code by the id of each seller"),
]
"""A `code` of POST /v1/shipping/rates for all parcels, or one by seller."""


class ShippingCost(Answer):
    """What sending one seller's goods costs, and what promotions take off it."""

    seller_id: UUID
    code: str
    carrier: str | None
    service: str
    cost_minor: int
    discount_minor: int


class OrderCharge(ShippingCost):
    """One seller's shipping of an order; what is charged for it is the cost less the discount."""

    refunded_minor: int
