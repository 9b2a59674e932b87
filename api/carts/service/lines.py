"""Changes the quantities of a cart's lines and takes them out; nothing is held by that (R-CRT-1)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import outbox
from api.carts import queries
from api.carts.models import cart_items, carts
from api.carts.service.refusals import recorded, refusal
from api.carts.service.rows import touched
from api.errors import NotFound, VersionConflict
from api.outbox import Fact
from streams.events.carts import CartCleared, CartItemChanged, CartItemRemoved


async def set_quantity(
    conn: AsyncConnection, user_id: UUID, item_id: UUID, quantity: int, *, expected_version: int | None = None
) -> None:
    """Set a line's units, 0 removes it; NotFound, VersionConflict, and as add when it grows."""
    cart = await queries.live(conn, user_id, lock=True)
    if cart is None:
        raise NotFound("There is no such line in the cart.")
    line = next((line for line in await queries.held(conn, cart.id) if line.id == item_id), None)
    if line is None:
        raise NotFound("There is no such line in the cart.")
    if expected_version is not None and expected_version != cart.version:
        raise VersionConflict(current_version=cart.version)
    await _change(conn, cart, line, quantity)


async def lower(conn: AsyncConnection, user_id: UUID, product_id: UUID, quantity: int | None) -> None:
    """Take units of a product out, all of them without a quantity; nothing happens when there are none."""
    cart = await queries.live(conn, user_id, lock=True)
    held = await queries.held(conn, cart.id) if cart else []
    line = next((line for line in held if line.product_id == product_id), None)
    if cart and line:
        await _change(conn, cart, line, max(0, line.quantity - quantity) if quantity else 0)


async def _change(conn: AsyncConnection, cart: Row[Any], line: Row[Any], quantity: int) -> None:
    if quantity > line.quantity:
        offer = await queries.offer(conn, line.product_id)
        if offer is None or offer.status == "deleted":
            raise NotFound("There is no such product.")
        problem = refusal(offer, quantity)
        if problem:
            raise recorded(problem, cart.user_id, cart.version, offer, quantity)
    if quantity == line.quantity:
        return
    mine = cart_items.c.id == line.id
    await conn.execute(
        update(cart_items).where(mine).values(quantity=quantity) if quantity else delete(cart_items).where(mine)
    )
    version = await touched(conn, cart.id)
    await outbox.record(conn, Fact(_changed(cart.id, line, quantity), seq=version))


def _changed(cart_id: UUID, line: Row[Any], quantity: int) -> CartItemChanged | CartItemRemoved:
    if quantity == 0:
        return CartItemRemoved(cart_id=cart_id, product_id=line.product_id, quantity_before=line.quantity)
    return CartItemChanged(
        cart_id=cart_id, product_id=line.product_id, quantity_before=line.quantity, quantity_after=quantity
    )


async def clear(conn: AsyncConnection, user_id: UUID, *, by: str = "shopper") -> None:
    """Take everything out; an empty cart stays as it is."""
    cart = await queries.live(conn, user_id, lock=True)
    if cart is None:
        return
    gone = await conn.execute(delete(cart_items).where(cart_items.c.cart_id == cart.id).returning(cart_items.c.id))
    lines = len(gone.all())
    if lines:
        version = await touched(conn, cart.id)
        await outbox.record(conn, Fact(CartCleared(cart_id=cart.id, lines=lines, by=by), seq=version))


async def forget(conn: AsyncConnection, user_id: UUID) -> None:
    """Empty the carts of an erased account: the live one tells of it, the lines of older ones just go (R-USR-15)."""
    await clear(conn, user_id, by="erasure")
    own = select(carts.c.id).where(carts.c.user_id == user_id)
    await conn.execute(delete(cart_items).where(cart_items.c.cart_id.in_(own)))
