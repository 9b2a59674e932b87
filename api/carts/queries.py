"""What is read of carts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.carts.content import Content, Line
from api.carts.models import cart_items, carts
from api.promotions import queries as promotions

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
       (SELECT CAST(coalesce(sum(on_hand - reserved), 0) AS int) FROM inventory WHERE product_id = p.id) AS available
FROM products p JOIN sellers s ON s.id = p.seller_id WHERE p.id = :product_id
""")


# A live cart with its lines, in one statement; a row without a product when there are none. `wanted` says which lines,
# `more` columns others need of them. Categories are read only where there may be promotions of them.
SEEN = """
SELECT c.id AS cart_id, c.status AS cart_status, c.currency AS cart_currency, c.version AS cart_version, c.expires_at,
       c.coupon_code, c.promoted, w.id, p.id AS product_id, p.seller_id, p.name, w.quantity, p.price_minor,
       coalesce(w.price_when_added_minor, p.price_minor) AS price_when_added_minor, p.currency, p.status,
       s.status AS seller_status,
       (SELECT CAST(coalesce(sum(on_hand - reserved), 0) AS int) FROM inventory WHERE product_id = p.id) AS available,
       CASE WHEN c.promoted THEN ARRAY(
           WITH RECURSIVE up AS (
               SELECT k.id, k.parent_id FROM categories k WHERE k.id = p.category_id
               UNION ALL
               SELECT k.id, k.parent_id FROM categories k JOIN up ON k.id = up.parent_id
           ) SELECT id FROM up) ELSE CAST('{{}}' AS uuid[]) END AS category_ids {more}
FROM (SELECT live.*, live.coupon_code IS NOT NULL OR {any_automatic} AS promoted
      FROM (SELECT) AS once LEFT JOIN carts live
      ON live.user_id = :user_id AND live.status IN ('active', 'abandoned') AND live.expires_at > now()) c
{wanted}
LEFT JOIN products p ON p.id = w.product_id
LEFT JOIN sellers s ON s.id = p.seller_id
ORDER BY w.added_at, w.id
"""
HELD = "LEFT JOIN cart_items w ON w.cart_id = c.id"
_SEEN = text(SEEN.format(more="", wanted=HELD, any_automatic=promotions.ANY_AUTOMATIC))
_WITH = text(SEEN.format(more="", any_automatic=promotions.ANY_AUTOMATIC, wanted="""
CROSS JOIN LATERAL (
    SELECT i.id, i.product_id, i.quantity, i.price_when_added_minor, i.added_at FROM cart_items i WHERE i.cart_id = c.id
    UNION ALL
    SELECT NULL, CAST(:product_id AS uuid), 0, NULL, NULL
    WHERE NOT EXISTS (SELECT FROM cart_items i WHERE i.cart_id = c.id AND i.product_id = :product_id)
) w
"""))  # fmt: skip


async def content(conn: AsyncConnection, user_id: UUID) -> Content:
    """A user's live cart."""
    return seen((await conn.execute(_SEEN, {"user_id": user_id})).all())


async def content_with(conn: AsyncConnection, user_id: UUID, product_id: UUID) -> tuple[Content, Line | None]:
    """A user's live cart, and its line of a product, of no units when there is none; None: no such product."""
    rows = (await conn.execute(_WITH, {"user_id": user_id, "product_id": product_id})).all()
    found = next((row for row in rows if row.product_id == product_id), None)
    return seen([row for row in rows if row.id] or rows), line(found) if found else None


def seen(rows: Sequence[Row[Any]]) -> Content:
    """The cart of SEEN's rows."""
    first = rows[0]
    return Content(
        id=first.cart_id,
        status=first.cart_status or "active",
        currency=first.cart_currency,
        version=first.cart_version or 0,
        expires_at=first.expires_at,
        coupon_code=first.coupon_code,
        promoted=first.promoted,
        lines=tuple(line(row) for row in rows if row.id),
    )


def line(row: Row[Any]) -> Line:
    """One of its lines."""
    known = row._mapping
    return Line(**{name: known[name] for name in Line.__struct_fields__})


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


async def offer(conn: AsyncConnection, product_id: UUID) -> Row[Any] | None:
    """What decides whether more units of a product may be put into a cart."""
    return (await conn.execute(_OFFER, {"product_id": product_id})).one_or_none()
