"""What becomes of a cart that was checked out: converted by its order, or given back (R-CRT-5)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.carts import queries
from api.carts.models import carts
from api.carts.service.rows import LIFE, touched
from api.outbox import Fact
from streams.events.carts import CartConverted, CartExpired, CartRestored

CHECKED_OUT = "checked_out"

_CONVERT = text("""
UPDATE carts SET status = 'converted', version = version + 1, expires_at = :expires_at, updated_at = :moment
WHERE id = :id AND status = 'checked_out' RETURNING version
""")
_MERGE = text("""
INSERT INTO cart_items (id, cart_id, product_id, quantity, price_when_added_minor, added_at)
SELECT uuidv7(), :older, product_id, quantity, price_when_added_minor, added_at FROM cart_items WHERE cart_id = :newer
ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = least(99, cart_items.quantity + excluded.quantity)
""")
_EMPTY = text("DELETE FROM cart_items WHERE cart_id = :newer")


async def _checked_out(conn: AsyncConnection, cart_id: UUID) -> Row[Any] | None:
    statement = select(carts).where(carts.c.id == cart_id, carts.c.status == CHECKED_OUT).with_for_update()
    return (await conn.execute(statement)).one_or_none()


async def convert(conn: AsyncConnection, cart_id: UUID, order_id: UUID) -> list[Fact]:
    """The cart's order was confirmed; no facts when that was known. The caller writes the facts."""
    moment = ids.now()
    version = await conn.scalar(_CONVERT, {"id": cart_id, "moment": moment, "expires_at": moment + LIFE})
    if version is None:
        return []
    return [Fact(CartConverted(cart_id=cart_id, order_id=order_id), seq=version)]


async def restore(conn: AsyncConnection, cart_id: UUID, order_id: UUID, cause: str) -> list[Fact]:
    """The cart's order did not stand: its lines come back, merged with those of a cart opened meanwhile.

    The restored cart takes the lines of the newer one in, units of a line up to the limit, and its coupon when it has
    none; the newer one ends as expired. A newer cart with lines of another currency stays and the old one is left
    checked out. The caller writes the facts.
    """
    cart = await _checked_out(conn, cart_id)
    if cart is None:
        return []
    newer = await _newer(conn, cart.user_id)
    if newer is not None and newer.currency != cart.currency and await queries.held(conn, newer.id):
        return []
    ended = await _take_in(conn, cart_id, newer.id) if newer else []
    coupon = cart.coupon_code or (newer.coupon_code if newer else None)
    version = await touched(conn, cart_id, coupon_code=coupon)
    return [*ended, Fact(CartRestored(cart_id=cart_id, order_id=order_id, cause=cause), seq=version)]


async def _newer(conn: AsyncConnection, user_id: UUID) -> Row[Any] | None:
    statement = select(carts).where(carts.c.user_id == user_id, carts.c.status.in_(queries.LIVE)).with_for_update()
    return (await conn.execute(statement)).one_or_none()


async def _take_in(conn: AsyncConnection, older: UUID, newer: UUID) -> list[Fact]:
    lines = await queries.lines(conn, newer)
    await conn.execute(_MERGE, {"older": older, "newer": newer})
    await conn.execute(_EMPTY, {"newer": newer})
    version = await touched(conn, newer, status="expired")
    value = sum(line.line_total_minor for line in lines)
    return [Fact(CartExpired(cart_id=newer, lines=len(lines), value_minor=value), seq=version)]
