"""What is read of seller accounts."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.sellers.models import sellers

# Products and orders stand above sellers: of them only this is read here.
_HAS_PRODUCTS = text("SELECT EXISTS (SELECT FROM products WHERE seller_id = :seller_id)")
_RATED = text(
    "SELECT CAST(coalesce(sum(rating_sum), 0) AS bigint) AS rating_sum, "
    "CAST(coalesce(sum(rating_count), 0) AS bigint) AS rating_count "
    "FROM products WHERE seller_id = :seller_id AND rating_count > 0"
)
_OPEN_ORDERS = text("""
SELECT count(DISTINCT o.id) FROM order_items i JOIN orders o ON o.id = i.order_id
WHERE i.seller_id = :seller_id AND (
    o.status IN ('pending', 'paid', 'processing', 'shipped')
    OR EXISTS (SELECT FROM order_returns r WHERE r.order_id = o.id AND r.status = 'requested'
               AND r.items @> jsonb_build_array(jsonb_build_object('seller_id', CAST(:seller_id AS text))))
    OR EXISTS (SELECT FROM complaints c WHERE c.order_id = o.id AND c.status IN ('open', 'under_review')
               AND (c.order_item_id IS NULL OR c.order_item_id = i.id))
    OR EXISTS (SELECT FROM reservations r WHERE r.order_id = o.id AND r.cause_type = 'replacement'
               AND r.status = 'held')
    OR EXISTS (SELECT FROM shipments s WHERE s.order_id = o.id AND s.seller_id = i.seller_id
               AND s.kind = 'replacement' AND s.status NOT IN ('delivered', 'returned', 'cancelled')))
""")

SORTS = {"name": func.lower(sellers.c.display_name), "-created_at": sellers.c.created_at}


async def one(conn: AsyncConnection, seller_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """A seller account; `lock` keeps it as it is until the end of the transaction."""
    statement = select(sellers).where(sellers.c.id == seller_id)
    return (await conn.execute(statement.with_for_update(read=True) if lock else statement)).one_or_none()


async def for_change(conn: AsyncConnection, seller_id: UUID) -> Row[Any] | None:
    """A seller account that nobody else changes or lists products for until the end of the transaction."""
    statement = select(sellers).where(sellers.c.id == seller_id).with_for_update(key_share=True)
    return (await conn.execute(statement)).one_or_none()


async def await_closing(conn: AsyncConnection, seller_ids: Collection[UUID]) -> None:
    """Return when none of these sellers is being closed; who closes one later waits for the end of the transaction."""
    of = sellers.c.id.in_(seller_ids)
    await conn.execute(select(sellers.c.id).where(of).with_for_update(read=True, key_share=True))


async def await_openings(conn: AsyncConnection, seller_id: UUID) -> None:
    """Return when no order, return or complaint of its goods is being made.

    Those that come later wait for the end of the transaction.
    """
    await conn.execute(select(sellers.c.id).where(sellers.c.id == seller_id).with_for_update())


async def has_products(conn: AsyncConnection, seller_id: UUID) -> bool:
    """Whether it has ever listed a product."""
    return bool(await conn.scalar(_HAS_PRODUCTS, {"seller_id": seller_id}))


async def rated(conn: AsyncConnection, seller_id: UUID) -> Row[Any]:
    """`rating_sum` and `rating_count` of all of its products."""
    return (await conn.execute(_RATED, {"seller_id": seller_id})).one()


async def open_orders(conn: AsyncConnection, seller_id: UUID) -> int:
    """Orders with its lines that are under way, to be replaced, to be returned, or that a complaint is open about."""
    return await conn.scalar(_OPEN_ORDERS, {"seller_id": seller_id}) or 0


async def of_user(conn: AsyncConnection, user_id: UUID) -> Row[Any] | None:
    """The seller account of a user."""
    return (await conn.execute(select(sellers).where(sellers.c.user_id == user_id))).one_or_none()


def listed(status: str | None, name_part: str | None) -> Select[Any]:
    """Seller accounts of a status whose name contains a text."""
    statement = select(sellers)
    if status:
        statement = statement.where(sellers.c.status == status)
    if name_part:
        statement = statement.where(sellers.c.display_name.icontains(name_part, autoescape=True))
    return statement


def active_ids() -> Select[UUID]:
    """Ids of active sellers, for `in_` (R-SEL-2)."""
    return select(sellers.c.id).where(sellers.c.status == "active")
