"""What an importer hands over: orders, returns and the goods in them, with ids that never change."""

from datetime import datetime
from uuid import UUID

import msgspec

from api import ids
from api.ledger.service import SoldLine


class Goods(msgspec.Struct, frozen=True, eq=False):
    """A listed product as order lines and their snapshots name it; one object a product, compared by identity."""

    product_id: UUID
    inventory_id: UUID
    sku: str
    title: str
    seller_id: UUID
    commission_bp: int
    category_id: UUID
    snapshot_json: str


class Place(msgspec.Struct, frozen=True):
    """Where an order went, as far as the other system tells."""

    province_id: int
    city_id: int
    address_json: str


class PastLine(msgspec.Struct, frozen=True, gc=False):
    """Units of a product sold at a unit price in minor units."""

    goods: Goods
    quantity: int
    unit_minor: int


class Sold(msgspec.Struct, frozen=True, gc=False):
    """An order line with its id; also the units of it that came back."""

    order_item_id: UUID
    goods: Goods
    quantity: int
    unit_minor: int

    @property
    def total_minor(self) -> int:
        """What the units cost."""
        return self.quantity * self.unit_minor

    def sold_line(self) -> SoldLine:
        """The line as the ledger takes it: no discount, no tax."""
        return SoldLine(
            order_item_id=self.order_item_id,
            product_id=self.goods.product_id,
            seller_id=self.goods.seller_id,
            quantity=self.quantity,
            total_minor=self.total_minor,
            commission_bp=self.goods.commission_bp,
        )


class PastOrder(msgspec.Struct, frozen=True):
    """An order that was placed and paid at one moment, and delivered then too when `shipped`."""

    source: str
    key: str
    at: datetime
    user_id: UUID
    currency: str
    place: Place
    shipped: bool
    lines: tuple[PastLine, ...]
    session_id: UUID | None = None

    @property
    def order_id(self) -> UUID:
        """The order's id: the same for the same source, key and time."""
        return ids.derived(self.at, self.source, "order", self.key)

    @property
    def correlation(self) -> str:
        """What the order's facts have in common."""
        return f"import:{self.source}:{self.key}"

    @property
    def mark(self) -> str:
        """The order's item among the import marks of its source."""
        return f"order:{self.key}"

    def sold(self) -> tuple[Sold, ...]:
        """The lines with their ids, in their order."""
        return tuple(
            Sold(order_item_id(self, number), line.goods, line.quantity, line.unit_minor)
            for number, line in enumerate(self.lines)
        )


class PastReturn(msgspec.Struct, frozen=True):
    """Goods of one order that came back, were refunded and restocked at one moment."""

    source: str
    key: str
    at: datetime
    order_id: UUID
    units: tuple[Sold, ...]

    @property
    def correlation(self) -> str:
        """What the return's facts have in common."""
        return f"import:{self.source}:{self.key}"

    @property
    def mark(self) -> str:
        """The return's item among the import marks of its source."""
        return f"return:{self.key}"


def order_item_id(order: PastOrder, line: int) -> UUID:
    """The id of the line at position `line` (0, 1, ...) of an order."""
    return ids.derived(order.at, order.source, "order_item", order.key, line)
