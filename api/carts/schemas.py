"""Requests and answers of the cart."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas import Answer, Body, Moment

Quantity = Annotated[int, Field(strict=True, ge=1, le=99)]


class Add(Body):
    """Units of a product to put into the cart."""

    product_id: UUID
    quantity: Quantity = 1


class SetQuantity(Body):
    """How many units a line is to hold; 0 removes it."""

    quantity: Annotated[int, Field(strict=True, ge=0, le=99)]
    expected_version: Annotated[int, Field(strict=True, ge=0)] | None = None


class Remove(Body):
    """A line to remove, or to lower by some units."""

    product_id: UUID
    quantity: Quantity | None = None


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
    unavailable_reason: Literal["product-inactive", "seller-inactive", "insufficient-stock"] | None


class Cart(Answer):
    """The shopper's cart; without an id when there is none yet."""

    id: UUID | None
    status: Literal["active", "abandoned"]
    currency: str
    version: int
    expires_at: Moment | None
    coupon: str | None
    items: list[CartItem]
    subtotal_minor: int
    discount_minor: int
    total_minor: int
