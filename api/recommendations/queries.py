"""The products of a list as they can be sold now, and lists made of the orders for when Redis is away."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Subquery, Uuid, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.catalog import queries as catalog
from api.sold import units_sold
from streams.views import LIST_LENGTH

_ACTIVE: dict[str, Any] = {"status": "active"}


async def sellable(conn: AsyncConnection, product_ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """Those of the products that are active, of active sellers and in stock, in one query (R-REC-4)."""
    if not product_ids:
        return {}
    wanted = _ACTIVE | {"ids": literal(list(product_ids), ARRAY(Uuid)), "in_stock": True}
    statement = catalog.listed(wanted)
    return {row.id: row for row in await conn.execute(statement)}


async def popular(conn: AsyncConnection, category_id: UUID | None) -> dict[UUID, int | None]:
    """Products by units of the confirmed orders of 30 days (R-REC-6)."""
    products, sold = _products(category_id), units_sold()
    statement = select(products.c.id, sold.c.units).join(sold, sold.c.product_id == products.c.id)
    return await _first(conn, statement.where(sold.c.units > 0).order_by(sold.c.units.desc(), products.c.id.desc()))


async def of_category(conn: AsyncConnection, category_id: UUID) -> dict[UUID, int | None]:
    """Products of a category: the popular ones, then the newest (R-REC-6)."""
    products, sold = _products(category_id), units_sold()
    units = func.coalesce(sold.c.units, 0).label("units")
    statement = select(products.c.id, units).outerjoin(sold, sold.c.product_id == products.c.id)
    return await _first(conn, statement.order_by(units.desc(), products.c.created_at.desc(), products.c.id.desc()))


def _products(category_id: UUID | None) -> Subquery:
    within = {"category_id": category_id} if category_id else {}
    return catalog.listed(_ACTIVE | within).subquery("listed")


async def _first(conn: AsyncConnection, statement: Select[Any]) -> dict[UUID, int | None]:
    return {row.id: row.units for row in await conn.execute(statement.limit(LIST_LENGTH))}
