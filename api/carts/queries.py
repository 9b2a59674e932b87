"""What is read of carts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.carts.models import cart_items, carts

LIVE = ("active", "abandoned")

_LINES = text("""
SELECT ci.id, ci.product_id, p.seller_id, p.name, ci.quantity, p.price_minor, ci.price_when_added_minor,
       p.price_minor <> ci.price_when_added_minor AS price_changed,
       p.price_minor * ci.quantity AS line_total_minor,
       CASE WHEN p.status <> 'active' THEN 'product-inactive' WHEN s.status <> 'active' THEN 'seller-inactive'
            WHEN stock.available < ci.quantity THEN 'insufficient-stock' END AS unavailable_reason,
       stock.available, path.category_ids
FROM cart_items ci
JOIN products p ON p.id = ci.product_id
JOIN sellers s ON s.id = p.seller_id
CROSS JOIN LATERAL (SELECT CAST(coalesce(sum(on_hand - reserved), 0) AS int) AS available
                    FROM inventory WHERE product_id = p.id) stock
CROSS JOIN LATERAL (
    WITH RECURSIVE up AS (
        SELECT k.id, k.parent_id FROM categories k WHERE k.id = p.category_id
        UNION ALL
        SELECT k.id, k.parent_id FROM categories k JOIN up ON k.id = up.parent_id
    ) SELECT array_agg(id) AS category_ids FROM up
) path
WHERE ci.cart_id = :cart_id
ORDER BY ci.added_at, ci.id
""")

_OFFER = text("""
SELECT p.id AS product_id, p.seller_id, p.price_minor, p.currency, p.status, s.status AS seller_status,
       (SELECT CAST(coalesce(sum(on_hand - reserved), 0) AS int) FROM inventory WHERE product_id = p.id) AS available,
       (SELECT count(*) FROM cart_items WHERE cart_id = :cart_id) AS lines,
       coalesce((SELECT quantity FROM cart_items WHERE cart_id = :cart_id AND product_id = p.id), 0) AS held
FROM products p JOIN sellers s ON s.id = p.seller_id WHERE p.id = :product_id
""")


async def live(conn: AsyncConnection, user_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """A user's live cart that has not run out."""
    statement = select(carts).where(
        carts.c.user_id == user_id, carts.c.status.in_(LIVE), carts.c.expires_at > func.now()
    )
    return (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()


async def locked(conn: AsyncConnection, cart_id: UUID) -> Row[Any] | None:
    """A cart in whatever state, locked."""
    return (await conn.execute(select(carts).where(carts.c.id == cart_id).with_for_update())).one_or_none()


async def lines(conn: AsyncConnection, cart_id: UUID) -> Sequence[Row[Any]]:
    """A cart's lines at today's prices, in the order they were added."""
    return (await conn.execute(_LINES, {"cart_id": cart_id})).all()


async def held(conn: AsyncConnection, cart_id: UUID) -> Sequence[Row[Any]]:
    """A cart's lines as they are stored."""
    statement = select(cart_items).where(cart_items.c.cart_id == cart_id).order_by(cart_items.c.added_at)
    return (await conn.execute(statement)).all()


async def offer(conn: AsyncConnection, product_id: UUID, cart_id: UUID) -> Row[Any] | None:
    """What decides whether a product may be put into a cart: itself, how many units of it are `held` in how many lines.

    What is held is certain only behind the cart's lock.
    """
    return (await conn.execute(_OFFER, {"product_id": product_id, "cart_id": cart_id})).one_or_none()
