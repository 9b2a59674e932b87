"""What is read of stock, holds and movements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.inventory.models import inventory, reservation_items, reservations, stock_movements

_AVAILABLE = func.sum(inventory.c.on_hand - inventory.c.reserved)
_FOR_SALE = text(
    "SELECT p.id FROM products p JOIN sellers s ON s.id = p.seller_id "
    "WHERE p.id = ANY(:product_ids) AND p.status = 'active' AND s.status = 'active'"
)
_OWNER = text("""
SELECT p.seller_id, p.status = 'active' AND s.status = 'active' AS for_sale
FROM products p JOIN sellers s ON s.id = p.seller_id WHERE p.id = :product_id
""")
# The hold of an order that lives ends with the order, not by time (R-INV-4).
_OVERDUE = text(
    "SELECT id FROM reservations r WHERE status = 'held' AND expires_at < now() AND NOT EXISTS "
    "(SELECT FROM orders o WHERE o.id = r.order_id AND o.status <> 'cancelled') ORDER BY expires_at LIMIT :limit"
)

# A movement is stamped before its row is locked, so stamps may cross by as long as locks are waited for: among those
# of the last seconds the version decides.
_AS_OF = text("""
SELECT i.bucket, m.*
FROM inventory i
CROSS JOIN LATERAL (
    SELECT occurred_at FROM stock_movements
    WHERE inventory_id = i.id AND occurred_at <= :moment ORDER BY occurred_at DESC LIMIT 1) newest
CROSS JOIN LATERAL (
    SELECT * FROM stock_movements
    WHERE inventory_id = i.id AND occurred_at <= :moment AND occurred_at > newest.occurred_at - interval '10 seconds'
    ORDER BY version DESC LIMIT 1) m
WHERE i.product_id = :product_id
ORDER BY m.occurred_at DESC, i.bucket
""")
_NAMED = text("SELECT id FROM products WHERE sku = :sku")

_PUT_BACK = text("""
SELECT i.product_id, CAST(sum(m.on_hand_delta) AS int) AS units
FROM reservations r, inventory i JOIN stock_movements m ON m.inventory_id = i.id
WHERE r.id = :hold_id AND m.occurred_at > r.created_at - interval '1 minute'
  AND i.product_id IN (SELECT product_id FROM reservation_items WHERE reservation_id = :hold_id)
  AND m.kind = 'restocked' AND m.cause_type = 'order' AND m.cause_id = :order_id
GROUP BY 1
""")


def available_of(product_id: ColumnElement[UUID]) -> ScalarSelect[int]:
    """Units of a product that can be sold now, as a scalar subquery."""
    return (
        select(func.coalesce(_AVAILABLE, 0)).where(inventory.c.product_id == product_id).correlate_except(inventory)
    ).scalar_subquery()


async def available(conn: AsyncConnection, product_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Units that can be sold now, by product; products without stock rows are absent."""
    statement = (
        select(inventory.c.product_id, _AVAILABLE.label("available"))
        .where(inventory.c.product_id.in_(product_ids))
        .group_by(inventory.c.product_id)
    )
    return {row.product_id: int(row.available) for row in await conn.execute(statement)}


async def for_sale(conn: AsyncConnection, product_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Those of some products that are active, of active sellers (R-SEL-2)."""
    return (await conn.execute(_FOR_SALE, {"product_ids": list(product_ids)})).scalars().all()


async def buckets(conn: AsyncConnection, product_id: UUID) -> Sequence[Row[Any]]:
    """The stock rows of a product, by bucket."""
    statement = select(inventory).where(inventory.c.product_id == product_id).order_by(inventory.c.bucket)
    return (await conn.execute(statement)).all()


async def owner(conn: AsyncConnection, product_id: UUID) -> Row[Any] | None:
    """seller_id of a product, and whether it is active, of an active seller (R-SEL-2); None when there is none."""
    return (await conn.execute(_OWNER, {"product_id": product_id})).one_or_none()


async def newest_hold(
    conn: AsyncConnection, *, order_id: UUID | None = None, reservation_id: UUID | None = None
) -> Row[Any] | None:
    """The newest hold of an order, or the one of an id."""
    by = reservations.c.id == reservation_id if reservation_id else reservations.c.order_id == order_id
    statement = select(reservations).where(by).order_by(reservations.c.id.desc()).limit(1)
    return (await conn.execute(statement)).one_or_none()


async def hold_items(conn: AsyncConnection, reservation_id: UUID) -> Sequence[Row[Any, Any]]:
    """product_id and quantity of a hold, added up over buckets."""
    items = reservation_items.c
    statement = (
        select(items.product_id, func.sum(items.quantity).label("quantity"))
        .where(items.reservation_id == reservation_id)
        .group_by(items.product_id)
        .order_by(items.product_id)
    )
    return (await conn.execute(statement)).all()


async def put_back(conn: AsyncConnection, hold_id: UUID, order_id: UUID) -> dict[UUID, int]:
    """How many units of a deducted hold were put back for its order, by product."""
    rows = (await conn.execute(_PUT_BACK, {"hold_id": hold_id, "order_id": order_id})).all()
    return {row.product_id: row.units for row in rows}


async def overdue(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Holds whose time is over and that no order lives by, the oldest first."""
    return (await conn.execute(_OVERDUE, {"limit": limit})).scalars().all()


async def as_of(conn: AsyncConnection, product_id: UUID, moment: datetime) -> Sequence[Row[Any]]:
    """The last movement of each bucket up to a moment, the newest first."""
    return (await conn.execute(_AS_OF, {"product_id": product_id, "moment": moment})).all()


async def named(conn: AsyncConnection, sku: str) -> UUID | None:
    """The product of a SKU."""
    found: UUID | None = await conn.scalar(_NAMED, {"sku": sku})
    return found


def moved(product_id: UUID, wanted: Mapping[str, Any]) -> Select[Any]:
    """Movements of a product by the fields of schemas.MovementsWanted."""
    columns = stock_movements.c
    statement = (
        select(stock_movements, inventory.c.bucket)
        .join(inventory, inventory.c.id == columns.inventory_id)
        .where(inventory.c.product_id == product_id)
    )
    if wanted["kind"]:
        statement = statement.where(columns.kind.in_(wanted["kind"]))
    if wanted["since"]:
        statement = statement.where(columns.occurred_at >= wanted["since"])
    if wanted["until"]:
        statement = statement.where(columns.occurred_at < wanted["until"])
    if wanted["cause_id"]:
        statement = statement.where(columns.cause_id == wanted["cause_id"])
    return statement
