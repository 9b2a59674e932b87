"""Puts a product into a cart by two statements: what is there, and what changes, with the answer of its key.

The second one does nothing when the cart was changed since the first: TryAgain, behind the cart's lock (`opened`) then.
"""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import idempotency, ids, outbox
from api.carts import queries
from api.carts.content import Content, Line
from api.carts.service.refusals import recorded, refusal
from api.carts.service.rows import LIFE
from api.db import violated
from api.errors import CartLimit, CurrencyMismatch, NotFound
from api.outbox import Fact
from api.problems import Problem
from api.unit import TryAgain
from streams.events.carts import CartItemAdded

MOST_UNITS, MOST_LINES = 99, 100

_PUT = """
kept AS ({kept}), opened AS ({opened}), put AS (
    INSERT INTO cart_items (id, cart_id, product_id, quantity, price_when_added_minor)
    SELECT :id, :cart_id, :product_id, :quantity, :price WHERE EXISTS (SELECT FROM kept)
    ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = cart_items.quantity + excluded.quantity
), told AS ({tell} WHERE EXISTS (SELECT FROM kept)
)
SELECT EXISTS (SELECT FROM held) AS unchanged, EXISTS (SELECT FROM kept) AS kept
"""
_HELD = """
WITH held AS (
    SELECT id FROM carts WHERE id = :cart_id AND version = :seen AND status IN ('active', 'abandoned') FOR UPDATE
),"""
_CHANGE = """
    UPDATE carts SET status = 'active', currency = :currency, version = :seen + 1, updated_at = :moment,
                     expires_at = :expires_at
    WHERE id = :cart_id AND EXISTS (SELECT FROM kept)"""
# A second live cart, or one that has run out, breaks uq_carts_live.
_NONE = "WITH held AS (SELECT),"
_OPEN = """
    INSERT INTO carts (id, user_id, currency, version, expires_at)
    SELECT :cart_id, :user_id, :currency, :seen + 1, :expires_at WHERE EXISTS (SELECT FROM kept)"""
_STORE = idempotency.STORE_WHEN.format(condition="EXISTS (SELECT FROM held)")
_WITHOUT_KEY = "SELECT FROM held"
_STATEMENTS = {
    (there, keyed): text(
        (_HELD if there else _NONE)
        + _PUT.format(kept=_STORE if keyed else _WITHOUT_KEY, opened=_CHANGE if there else _OPEN, tell=outbox.TELL)
    )
    for there in (True, False)
    for keyed in (True, False)
}


class Added(NamedTuple):
    """A cart as it was, its line with the units that are added, and the cart as it will be."""

    user_id: UUID
    cart_id: UUID
    before: Content
    line: Line
    units: int
    after: Content


async def offered(conn: AsyncConnection, user_id: UUID, product_id: UUID, units: int) -> Added:
    """What adding units would make of a user's cart, one that is opened by it included; `put` it then.

    Raises NotFound, ProductInactive, SellerInactive, InsufficientStock, CartLimit, CurrencyMismatch; the refusal is
    recorded as cart.item.rejected.
    """
    cart, offer = await queries.content_with(conn, user_id, product_id)
    if offer is None or offer.status == "deleted":
        raise NotFound("There is no such product.")
    line = msgspec.structs.replace(offer, id=offer.id or ids.new(), quantity=offer.quantity + units)
    lines = cart.put(line)
    problem = refusal(line, line.quantity) or _limit(line.quantity, len(lines), opens_one=offer.id is None)
    if cart.lines and cart.currency != line.currency:
        problem = CurrencyMismatch(expected=cart.currency, given=line.currency)
    if problem:
        raise recorded(problem, user_id, cart.version, line, line.quantity)
    cart_id = cart.id or ids.new()
    after = msgspec.structs.replace(
        cart,
        id=cart_id,
        status="active",
        currency=line.currency,
        version=cart.version + 1,
        expires_at=ids.now() + LIFE,
        lines=lines,
    )
    return Added(user_id, cart_id, cart, line, units, after)


async def put(conn: AsyncConnection, added: Added, answer: Mapping[str, object] | None) -> bool:
    """Write it with its fact, and with it the `answer` of its Idempotency-Key; False when that has another already.

    Raises TryAgain when the cart is not as it was read.
    """
    cart, line = added.after, added.line
    values = {
        "id": line.id, "cart_id": added.cart_id, "user_id": added.user_id, "product_id": line.product_id,
        "quantity": added.units, "price": line.price_minor, "currency": cart.currency, "seen": added.before.version,
        "moment": ids.now(), "expires_at": cart.expires_at,
    }  # fmt: skip
    told = outbox.rows([Fact(_event(added), seq=cart.version)])
    statement = _STATEMENTS[added.before.id is not None, answer is not None]
    try:
        row = (await conn.execute(statement, {**values, **told, **(answer or {})})).one()
    except IntegrityError as error:
        if violated(error) != "uq_carts_live":
            raise
        raise TryAgain("another cart was opened meanwhile") from error
    if not row.unchanged:
        raise TryAgain("the cart was changed meanwhile")
    return bool(row.kept)


def _limit(units: int, lines: int, *, opens_one: bool) -> Problem | None:
    """A cart that took another one in may have more lines than it can get: those that are there may grow."""
    if units > MOST_UNITS:
        return CartLimit(f"A line holds at most {MOST_UNITS} units.", limit=MOST_UNITS)
    over = opens_one and lines > MOST_LINES
    return CartLimit(f"A cart holds at most {MOST_LINES} lines.", limit=MOST_LINES) if over else None


def _event(added: Added) -> CartItemAdded:
    line = added.line
    return CartItemAdded(
        cart_id=added.cart_id,
        user_id=added.user_id,
        product_id=line.product_id,
        seller_id=line.seller_id,
        quantity=added.units,
        quantity_after=line.quantity,
        price_minor=line.price_minor,
        currency=line.currency,
    )
