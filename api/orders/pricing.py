"""What a cart costs at checkout: pure arithmetic over the lines as they are now."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from api import ids
from api.ledger.service import tax_within
from streams.events.orders import OrderLine


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """A cart line with its product and seller as they are at checkout; amounts in minor units."""

    product_id: UUID
    sku: str
    name: str
    brand: str | None
    category_id: UUID
    category: Sequence[str]
    specifications: dict[str, Any]
    seller_id: UUID
    quantity: int
    price_minor: int
    tax_bp: int
    weight_grams: int
    commission_bp: int
    product_version: int

    @property
    def total_minor(self) -> int:
        """Price of all units."""
        return self.price_minor * self.quantity

    @property
    def snapshot(self) -> dict[str, Any]:
        """What an order keeps of a product for ever (R-ORD-6)."""
        return {
            "sku": self.sku,
            "name": self.name,
            "brand": self.brand,
            "category": list(self.category),
            "specifications": self.specifications,
            "image": None,
            "price_minor": self.price_minor,
            "version": self.product_version,
        }


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """Lines and sums of an order to be; total = subtotal - discount + shipping, tax is contained in it."""

    lines: tuple[OrderLine, ...]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int


def quote(goods: Sequence[Goods], shipping_minor: int) -> Quote:
    """Price the goods; every line gets its id."""
    lines = tuple(_line(item) for item in goods)
    subtotal = sum(item.total_minor for item in goods)
    discount = sum(line.discount_minor for line in lines)
    return Quote(
        lines=lines,
        subtotal_minor=subtotal,
        discount_minor=discount,
        shipping_minor=shipping_minor,
        tax_minor=sum(line.tax_minor for line in lines),
        total_minor=subtotal - discount + shipping_minor,
    )


def _line(item: Goods) -> OrderLine:
    return OrderLine(
        order_item_id=ids.new(),
        product_id=item.product_id,
        sku=item.sku,
        seller_id=item.seller_id,
        category_id=item.category_id,
        quantity=item.quantity,
        unit_price_minor=item.price_minor,
        tax_minor=tax_within(item.total_minor, item.tax_bp),
        total_minor=item.total_minor,
    )
