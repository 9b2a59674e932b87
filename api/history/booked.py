"""Reads back what a source has booked: its orders, their lines with what came back of them, and its returns."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.history.accounts import email

# The digest tells whether an order is the one that a file holds without reading half a million lines of it.
_ORDERS = text(
    "SELECT o.id AS order_id, o.created_at AS at, left(u.email, -length(:suffix)) AS customer, "
    "md5(string_agg(p.sku || '*' || i.quantity || '*' || i.unit_price_minor, ',' ORDER BY i.line_no)) AS digest "
    "FROM users u JOIN orders o ON o.user_id = u.id JOIN order_items i ON i.order_id = o.id "
    "JOIN products p ON p.id = i.product_id WHERE right(u.email, length(:suffix)) = :suffix "
    "GROUP BY o.id, o.created_at, u.email"
)
_LINES = text(
    "SELECT i.order_id, p.sku, i.quantity, i.unit_price_minor AS unit_minor, i.returned_quantity AS returned "
    "FROM order_items i JOIN products p ON p.id = i.product_id WHERE i.order_id = ANY(CAST(:ids AS uuid[])) "
    "ORDER BY i.order_id, i.line_no"
)
_RETURNED = text(
    "SELECT r.id AS return_id, p.sku, sum((unit ->> 'quantity')::int) AS units "
    "FROM order_returns r CROSS JOIN LATERAL jsonb_array_elements(r.items::jsonb) AS unit "
    "JOIN order_items i ON i.id = (unit ->> 'order_item_id')::uuid JOIN products p ON p.id = i.product_id "
    "WHERE r.id = ANY(CAST(:ids AS uuid[])) GROUP BY r.id, p.sku"
)


class BookedOrder(msgspec.Struct, frozen=True, gc=False):
    """An order of a source; `digest` is the MD5 of its lines as `sku*quantity*unit_minor`, joined by commas."""

    order_id: UUID
    at: datetime
    customer: str
    digest: str


class BookedLine(msgspec.Struct, frozen=True, gc=False):
    """A line of such an order, with how many of its units came back."""

    sku: str
    quantity: int
    unit_minor: int
    returned: int


async def orders(connection: AsyncConnection, source: str) -> list[BookedOrder]:
    """Every order of a source's customers."""
    found = await connection.execute(_ORDERS, {"suffix": email(source, "")})
    return [BookedOrder(row.order_id, row.at, row.customer, row.digest) for row in found]


async def lines(connection: AsyncConnection, order_ids: Collection[UUID]) -> dict[UUID, list[BookedLine]]:
    """The lines of some orders, in their order."""
    found: dict[UUID, list[BookedLine]] = {}
    for row in await connection.execute(_LINES, {"ids": list(order_ids)}):
        line = BookedLine(row.sku, row.quantity, row.unit_minor, row.returned)
        found.setdefault(row.order_id, []).append(line)
    return found


async def returned(connection: AsyncConnection, return_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """Units by sku of some returns."""
    found: dict[UUID, dict[str, int]] = {}
    for row in await connection.execute(_RETURNED, {"ids": list(return_ids)}):
        found.setdefault(row.return_id, {})[row.sku] = int(row.units)
    return found
