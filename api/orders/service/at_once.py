"""Checkout by two statements: a look without a lock, and all that follows, with the answer of its key.

The second one does nothing when the cart is not as it was seen, goods have run out or a seller was closed: TryAgain, by
`hold_cart` then. That is also for what takes more: promotions, goods that lie in several rows, an order that costs
nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.db import violated
from api.errors import CartEmpty, InsufficientStock
from api.inventory import service as inventory
from api.inventory.service import Bucket, Piece
from api.orders import statements
from api.orders.placed import Placed, columns
from api.orders.schemas import Checkout
from api.orders.service import checkout, refusals
from api.unit import TryAgain
from streams.events import Item, Shortage


class Looked(NamedTuple):
    """An order to be, and the stock rows that its goods are to be held in, each with its fact."""

    placed: Placed
    buckets: Sequence[Bucket]
    pieces: Sequence[Piece]


async def look(conn: AsyncConnection, user_id: UUID, asked: Checkout) -> Looked:
    """Check the cart as it is; `hold_and_write` it then. Raises what `hold_cart` raises."""
    rows = (await conn.execute(statements.GLANCE, checkout.where(user_id, asked))).all()
    if not rows or rows[0].product_id is None:
        raise CartEmpty
    try:
        cart = checkout.checked(rows, asked)
        if cart.promoted or any(row.stock is None for row in rows):
            raise TryAgain("this takes more than one statement")
        priced = checkout.agreed(cart, asked, None)
        buckets = _buckets(rows)
    except checkout.REFUSED as problem:
        raise refusals.told(problem, rows[0]) from None
    order_id, moment = ids.new(), ids.now()
    pieces = [inventory.pieces(bucket, order_id) for bucket in buckets]
    if not priced.total_minor:
        raise TryAgain("this takes more than one statement")
    items = [Item(product_id=bucket.product_id, quantity=bucket.units) for bucket in buckets]
    held = inventory.held(order_id, items, moment + checkout.HOLD)
    return Looked(checkout.pending(user_id, cart, asked, priced, at=moment, held=held), buckets, pieces)


def _buckets(rows: Sequence[Row[Any]]) -> list[Bucket]:
    """The stock row of each line, in the order in which they are locked; InsufficientStock names what is short.

    Who is too late is told so by the look: a crowd at the last units does not queue for their lock.
    """
    lines = sorted(rows, key=lambda row: row.product_id)
    short = [
        Shortage(product_id=row.product_id, requested=row.quantity, available=row.stock["available"])
        for row in lines
        if row.stock["available"] < row.quantity
    ]
    if short:
        raise InsufficientStock(short)
    return [
        Bucket(UUID(row.stock["id"]), row.product_id, row.seller_id, row.stock["bucket"], row.quantity) for row in lines
    ]


async def hold_and_write(conn: AsyncConnection, looked: Looked, answer: Mapping[str, object] | None) -> bool:
    """Hold the stock, write the order and its facts, and with them the `answer` of its Idempotency-Key.

    False when the key has been answered before: nothing is done then. Raises TryAgain.
    """
    placed, buckets, pieces = looked
    stock = {
        "stock_ids": [bucket.id for bucket in buckets],
        "stock_units": [bucket.units for bucket in buckets],
        "stock_topic": inventory.TOPIC,
        "stock_partitions": [piece.partition for piece in pieces],
        "stock_event_ids": [piece.event_id for piece in pieces],
        **{f"stock_{name}": [getattr(piece, name) for piece in pieces] for name in Piece._fields[2:]},
        "reservation_id": placed.hold.id,
        "held_until": placed.hold.expires_at,
    }
    statement = statements.AT_ONCE_ONCE if answer else statements.AT_ONCE
    try:
        row = (await conn.execute(statement, {**columns(placed), **stock, **(answer or {})})).one()
    except IntegrityError as error:
        if violated(error) == "uq_orders_order_number":
            raise TryAgain("the order number was taken") from error
        raise
    if not row.enough:
        raise TryAgain("the cart, the stock or a seller was changed meanwhile")
    return bool(row.kept)
