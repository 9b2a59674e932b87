"""Requests and answers of the cart."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas import Answer, Body, Moment

Status = Literal["active", "abandoned"]
Quantity = Annotated[int, Field(strict=True, ge=1, le=99)]


class NewCartItem(Body):
    """Units of a product to put into the cart."""

    product_id: UUID
    quantity: Quantity = 1


class CartItemChange(Body):
    """How many units a line is to hold; 0 removes it."""

    quantity: Annotated[int, Field(strict=True, ge=0, le=99)]
    expected_version: Annotated[int, Field(strict=True, ge=0)] | None = None


class CartItemRemoval(Body):
    """A line to remove, or to lower by some units."""

    product_id: UUID
    quantity: Quantity | None = None


class Coupon(Body):
    """A coupon to put on the cart."""

    code: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern="^[A-Za-z0-9-]{3,40}$"), Field(examples=["ADVENT-10"])
    ]


class UsedPromotion(Answer):
    """A promotion that the cart gets, and what it takes off."""

    id: UUID
    name: str
    code: str | None
    discount_minor: int


class CartItem(Answer):
    """One line, at today's price."""

    id: UUID
    product_id: UUID
    seller_id: UUID
    name: str
    quantity: int
    price_minor: int = Field(description="now")
    price_when_added_minor: int
    price_changed: bool
    available: int = Field(description="units that can be sold now; nothing is held")
    line_total_minor: int
    discount_minor: int = Field(description="what promotions take off the line")
    unavailable_reason: Literal["product-inactive", "seller-inactive", "insufficient-stock"] | None


class Cart(Answer):
    """The shopper's cart; without an id when there is none yet."""

    id: UUID | None
    status: Status
    currency: str
    version: int
    expires_at: Moment | None
    coupon: str | None
    coupon_problem: str | None = Field(
        description="why the coupon gives nothing now: a reason of coupon-invalid, or exhausted; checkout refuses it"
    )
    promotions: list[UsedPromotion] = Field(description="the coupon and the best promotion that applies by itself")
    items: list[CartItem]
    subtotal_minor: int
    discount_minor: int
    total_minor: int = Field(description="without shipping: POST /v1/shipping/rates tells the total with it")
