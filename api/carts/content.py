"""A live cart as it is shown and as it would be after a change: plain data, with nothing left to ask the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Unavailable = Literal["product-inactive", "seller-inactive", "insufficient-stock"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a product at today's price; without an `id` what could be put in. `category_ids` go up to the root."""

    id: UUID | None
    product_id: UUID
    seller_id: UUID
    name: str
    quantity: int
    price_minor: int
    price_when_added_minor: int
    currency: str
    status: str
    seller_status: str
    available: int
    category_ids: Sequence[UUID] = ()

    @property
    def price_changed(self) -> bool:
        """Whether the price is another one than when it was put in."""
        return self.price_minor != self.price_when_added_minor

    @property
    def line_total_minor(self) -> int:
        """What all units cost."""
        return self.price_minor * self.quantity

    @property
    def unavailable_reason(self) -> Unavailable | None:
        """Why it cannot be bought now."""
        if self.status != "active":
            return "product-inactive"
        if self.seller_status != "active":
            return "seller-inactive"
        return "insufficient-stock" if self.available < self.quantity else None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A cart with its lines in the order they were added; without an `id` the shopper has none.

    `promoted`: there may be promotions that take something off it.
    """

    id: UUID | None
    status: str
    currency: str | None
    version: int
    expires_at: datetime | None
    coupon_code: str | None
    promoted: bool
    lines: tuple[Line, ...]

    def put(self, line: Line) -> tuple[Line, ...]:
        """The lines with this one in the place of its product's, or as the last one."""
        if any(one.product_id == line.product_id for one in self.lines):
            return tuple(line if one.product_id == line.product_id else one for one in self.lines)
        return (*self.lines, line)
