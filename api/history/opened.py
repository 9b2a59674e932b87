"""The orders that returns of one batch belong to, locked, as they stand while the batch is made."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.history.past import Sold
from api.history.sales import Sale
from api.ledger.service import RefundedLine, SoldLine
from api.outbox import Fact
from streams.events import Event

_ORDERS = text(
    "SELECT o.id, o.user_id, o.currency, o.created_at, o.status, o.version, p.id AS payment_id, "
    "coalesce(p.captured_minor, 0) AS captured_minor, coalesce(p.refunded_minor, 0) AS refunded_minor "
    "FROM orders o LEFT JOIN payments p ON p.order_id = o.id AND p.status NOT IN ('failed', 'expired', 'cancelled') "
    "WHERE o.id = ANY(CAST(:ids AS uuid[])) ORDER BY o.id FOR UPDATE OF o"
)
_ITEMS = text(
    "SELECT id AS order_item_id, order_id, product_id, seller_id, quantity, returned_quantity, "
    "total_minor, discount_minor, platform_discount_minor, tax_minor, commission_bp, refunded_minor FROM order_items "
    "WHERE order_id = ANY(CAST(:ids AS uuid[]))"
)
_STORE_ORDERS = text(
    "UPDATE orders o SET status = n.status, version = n.version, updated_at = now() "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:versions AS int[])) AS n (id, status, version) "
    "WHERE o.id = n.id"
)
_STORE_ITEMS = text(
    "UPDATE order_items i SET returned_quantity = returned_quantity + n.quantity, "
    "refunded_minor = refunded_minor + n.minor "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:quantities AS int[]), CAST(:minors AS bigint[])) "
    "AS n (id, quantity, minor) WHERE i.id = n.id"
)
_STORE_PAYMENTS = text(
    "UPDATE payments p SET refunded_minor = n.minor, updated_at = now(), "
    "status = CASE WHEN n.minor = p.captured_minor THEN 'refunded' ELSE p.status END "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:minors AS bigint[])) AS n (id, minor) WHERE p.id = n.id"
)


class Opened(msgspec.Struct):
    """One order with what its customer still has and has paid."""

    order_id: UUID
    user_id: UUID
    currency: str
    at: datetime
    status: str
    version: int
    payment_id: UUID | None
    captured_minor: int
    refunded_minor: int
    units_left: int = 0

    def next(self, event: Event) -> Fact:
        """The next fact in the order's own life."""
        self.version += 1
        return Fact(event, self.version)


class Taken(msgspec.Struct, frozen=True):
    """Units that came back, and what the books refund for them."""

    unit: Sold
    refunded: RefundedLine


class _Item(msgspec.Struct):
    """One line: what the customer still has of it, what was refunded before, and what this batch takes back."""

    sold: SoldLine
    quantity_left: int
    refunded_minor: int = 0
    quantity: int = 0
    minor: int = 0


class Orders:
    """The orders by id; those of the same batch join as they are booked."""

    def __init__(self, wanted: set[UUID]) -> None:
        self._wanted = wanted
        self._orders: dict[UUID, Opened] = {}
        self._items: dict[UUID, _Item] = {}

    @classmethod
    async def locked(cls, connection: AsyncConnection, order_ids: Iterable[UUID]) -> "Orders":
        """Lock and read those of the orders that are booked already."""
        orders = cls(set(order_ids))
        if not orders._wanted:
            return orders
        wanted = {"ids": list(orders._wanted)}
        for row in await connection.execute(_ORDERS, wanted):
            opened = Opened(
                row.id, row.user_id, row.currency, row.created_at, row.status, row.version, row.payment_id,
                row.captured_minor, row.refunded_minor,
            )  # fmt: skip
            orders._orders[row.id] = opened
        for row in await connection.execute(_ITEMS, wanted):
            left = row.quantity - row.returned_quantity
            orders._items[row.order_item_id] = _Item(_sold_line(row), left, row.refunded_minor)
            orders._orders[row.order_id].units_left += left
        return orders

    def know(self, sale: Sale) -> None:
        """An order of this batch, as it was just booked."""
        if sale.order_id not in self._wanted:
            return
        order, paid = sale.order, sale.payment_id if sale.total_minor else None
        status = "delivered" if order.shipped else "paid"
        self._orders[sale.order_id] = Opened(
            sale.order_id, order.user_id, order.currency, order.at, status, sale.version, paid, sale.total_minor, 0,
            sum(line.quantity for line in sale.sold),
        )  # fmt: skip
        for line in sale.sold:
            self._items[line.order_item_id] = _Item(line.sold_line(), line.quantity)

    def order(self, order_id: UUID) -> Opened:
        """One of the orders; KeyError when it is not booked."""
        return self._orders[order_id]

    def take_back(self, order_id: UUID, unit: Sold) -> Taken | None:
        """As much of some units as the customer still has; None when there is none or no such line."""
        item, order = self._items.get(unit.order_item_id), self._orders.get(order_id)
        if item is None or order is None or item.sold.product_id != unit.goods.product_id or not item.quantity_left:
            return None
        taken = msgspec.structs.replace(unit, quantity=min(unit.quantity, item.quantity_left))
        refunded = RefundedLine(
            sold=item.sold, amount_minor=taken.total_minor, before_minor=item.refunded_minor, units=taken.quantity
        )
        item.quantity_left -= taken.quantity
        item.quantity += taken.quantity
        item.minor += taken.total_minor
        item.refunded_minor += taken.total_minor
        order.units_left -= taken.quantity
        return Taken(taken, refunded)

    async def store(self, connection: AsyncConnection) -> None:
        """Write orders, lines and payments as they stand now."""
        orders = list(self._orders.values())
        if not orders:
            return
        statuses = {"statuses": [order.status for order in orders], "versions": [order.version for order in orders]}
        await connection.execute(_STORE_ORDERS, {"ids": [order.order_id for order in orders], **statuses})
        items = {key: item for key, item in self._items.items() if item.quantity}
        values = {
            "quantities": [item.quantity for item in items.values()],
            "minors": [item.minor for item in items.values()],
        }
        await connection.execute(_STORE_ITEMS, {"ids": list(items), **values})
        paid = {order.payment_id: order.refunded_minor for order in orders if order.payment_id}
        await connection.execute(_STORE_PAYMENTS, {"ids": list(paid), "minors": list(paid.values())})


def _sold_line(row: Row[Any]) -> SoldLine:
    return SoldLine(**{name: getattr(row, name) for name in SoldLine.__struct_fields__})
