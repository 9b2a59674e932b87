"""Puts products into a cart, changes their quantities and takes them out; nothing is held by that (R-CRT-1)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.carts import queries
from api.carts.models import cart_items, carts
from api.carts.service.rows import LIFE, opened, touched
from api.errors import (
    CartLimit,
    CurrencyMismatch,
    InsufficientStock,
    NotFound,
    ProductInactive,
    SellerInactive,
    VersionConflict,
)
from api.outbox import Fact
from api.problems import Problem
from streams.events import Shortage
from streams.events.carts import CartCleared, CartItemAdded, CartItemChanged, CartItemRejected, CartItemRemoved

MOST_UNITS, MOST_LINES = 99, 100

# The line, the cart and the fact at once: behind the cart's lock all that the fact says is known beforehand.
_PUT = text("""
WITH put AS (
    INSERT INTO cart_items (id, cart_id, product_id, quantity, price_when_added_minor)
    VALUES (:id, :cart_id, :product_id, :quantity, :price)
    ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = cart_items.quantity + excluded.quantity
), told AS (
    INSERT INTO outbox (topic, partition, event_id, line)
    SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:event_ids AS uuid[]),
                         CAST(:lines AS bytea[]))
)
UPDATE carts SET status = 'active', currency = :currency, version = :version, updated_at = :moment,
                 expires_at = :expires_at
WHERE id = :cart_id RETURNING *
""")


async def add(conn: AsyncConnection, user_id: UUID, product_id: UUID, quantity: int) -> Row[Any]:
    """Add units to a cart, opening one if need be; the cart afterwards.

    Raises NotFound, ProductInactive, SellerInactive, InsufficientStock, CartLimit, CurrencyMismatch; the refusal is
    recorded as cart.item.rejected.
    """
    cart = await opened(conn, user_id, product_id)
    if cart is None:
        raise NotFound("There is no such product.")
    offer = await _offer(conn, product_id, cart.id)
    after = offer.held + quantity
    problem = _refusal(offer, after) or _limit(after, offer.lines + (offer.held == 0))
    if offer.lines and cart.currency != offer.currency:
        problem = CurrencyMismatch(expected=cart.currency, given=offer.currency)
    if problem:
        raise _recorded(problem, cart, offer, after)
    return await _put(conn, cart, offer, quantity)


async def _put(conn: AsyncConnection, cart: Row[Any], offer: Row[Any], quantity: int) -> Row[Any]:
    moment, version = ids.now(), cart.version + 1
    values = {
        "id": ids.new(), "cart_id": cart.id, "product_id": offer.product_id, "quantity": quantity,
        "price": offer.price_minor, "currency": offer.currency, "version": version, "moment": moment,
        "expires_at": moment + LIFE,
    }  # fmt: skip
    told = outbox.rows([Fact(_added(cart, offer, quantity, offer.held + quantity), seq=version)])
    return (await conn.execute(_PUT, values | told)).one()


async def _offer(conn: AsyncConnection, product_id: UUID, cart_id: UUID) -> Row[Any]:
    offer = await queries.offer(conn, product_id, cart_id)
    if offer is None or offer.status == "deleted":
        raise NotFound("There is no such product.")
    return offer


def _refusal(offer: Row[Any], wanted: int) -> Problem | None:
    if offer.status != "active":
        return ProductInactive(product_id=offer.product_id)
    if offer.seller_status != "active":
        return SellerInactive(status=offer.seller_status)
    if offer.available < wanted:
        return InsufficientStock([Shortage(product_id=offer.product_id, requested=wanted, available=offer.available)])
    return None


def _limit(units: int, lines: int) -> Problem | None:
    if units > MOST_UNITS:
        return CartLimit(f"A line holds at most {MOST_UNITS} units.", limit=MOST_UNITS)
    return CartLimit(f"A cart holds at most {MOST_LINES} lines.", limit=MOST_LINES) if lines > MOST_LINES else None


def _recorded(problem: Problem, cart: Row[Any], offer: Row[Any], wanted: int) -> Problem:
    """The problem with its fact, and with the version that the fact gives the cart."""

    async def record(conn: AsyncConnection) -> None:
        now = await opened(conn, cart.user_id, offer.product_id)
        if now is None:
            return
        version = await touched(conn, now.id)
        event = CartItemRejected(
            cart_id=now.id,
            product_id=offer.product_id,
            requested=wanted,
            available=offer.available,
            reason=problem.slug,
        )
        await outbox.record(conn, Fact(event, seq=version))

    problem.extra["cart_version"] = cart.version + 1
    return problem.record(record)


def _added(cart: Row[Any], offer: Row[Any], quantity: int, after: int) -> CartItemAdded:
    return CartItemAdded(
        cart_id=cart.id,
        user_id=cart.user_id,
        product_id=offer.product_id,
        seller_id=offer.seller_id,
        quantity=quantity,
        quantity_after=after,
        price_minor=offer.price_minor,
        currency=offer.currency,
    )


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
        offer = await _offer(conn, line.product_id, cart.id)
        problem = _refusal(offer, quantity)
        if problem:
            raise _recorded(problem, cart, offer, quantity)
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
