"""What a cart costs at checkout: pure arithmetic over the lines as they are now."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from api import ids
from api.catalog import queries as catalog
from api.ledger.service import SoldLine, tax_within
from api.orders import charges
from api.promotions.service import Discounts
from api.tariffs.service import Option
from streams.events.orders import OrderLine


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """A cart line with its product and seller as they are at checkout; amounts in minor units.

    `image` is the key of the first picture, whose file stays when the picture is taken away.
    """

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
    category_ids: Sequence[UUID] = ()
    image: str | None = None

    @property
    def total_minor(self) -> int:
        """Price of all units."""
        return self.price_minor * self.quantity

    @property
    def targets(self) -> frozenset[UUID]:
        """What the scope of a promotion may name of it."""
        return frozenset((self.product_id, self.seller_id, *self.category_ids))

    @property
    def snapshot(self) -> dict[str, Any]:
        """What an order keeps of a product for ever (R-ORD-6)."""
        return {
            "sku": self.sku,
            "name": self.name,
            "brand": self.brand,
            "category": list(self.category),
            "specifications": self.specifications,
            "image": self.image and catalog.picture(self.image),
            "price_minor": self.price_minor,
            "version": self.product_version,
        }


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """Lines, charges and sums of an order to be; total = subtotal - discount + shipping, tax is contained in it.

    `discounts` say which promotions were used, and per line what the platform pays.
    """

    lines: tuple[OrderLine, ...]
    shipping: tuple[charges.ShippingCharge, ...]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    discounts: Discounts

    def sold(self, goods: Sequence[Goods]) -> list[SoldLine]:
        """The lines as the ledger books them."""
        return [
            SoldLine(
                order_item_id=line.order_item_id,
                product_id=line.product_id,
                seller_id=line.seller_id,
                quantity=line.quantity,
                total_minor=line.total_minor,
                discount_minor=line.discount_minor,
                platform_discount_minor=by_platform,
                tax_minor=line.tax_minor,
                commission_bp=item.commission_bp,
            )
            for item, line, by_platform in zip(goods, self.lines, self.discounts.platform, strict=True)
        ]


def quote(goods: Sequence[Goods], ways: Mapping[UUID, Option], discounts: Discounts | None = None) -> Quote:
    """Price the goods and the ways that each seller's go, less their discounts; every line gets its id."""
    nothing = (0,) * len(goods)
    taken = discounts or Discounts((), nothing, nothing)
    lines = tuple(_line(item, discount) for item, discount in zip(goods, taken.lines, strict=True))
    charged = charges.of_ways(ways, taken)
    subtotal, shipping = sum(item.total_minor for item in goods), sum(one.charged_minor for one in charged)
    return Quote(
        lines=lines,
        shipping=charged,
        subtotal_minor=subtotal,
        discount_minor=taken.goods_minor,
        shipping_minor=shipping,
        tax_minor=sum(line.tax_minor for line in lines),
        total_minor=subtotal - taken.goods_minor + shipping,
        discounts=taken,
    )


def _line(item: Goods, discount_minor: int) -> OrderLine:
    total = item.total_minor - discount_minor
    return OrderLine(
        order_item_id=ids.new(),
        product_id=item.product_id,
        sku=item.sku,
        seller_id=item.seller_id,
        category_id=item.category_id,
        quantity=item.quantity,
        unit_price_minor=item.price_minor,
        discount_minor=discount_minor,
        tax_minor=tax_within(total, item.tax_bp),
        total_minor=total,
    )
