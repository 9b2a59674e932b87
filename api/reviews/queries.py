"""What is read of reviews."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, func, select, table, text
from sqlalchemy import column as named
from sqlalchemy.ext.asyncio import AsyncConnection

from api.reviews.models import reviews

NOBODY = "Former shopper"
SORTS = {"created_at": reviews.c.created_at, "rating": reviews.c.rating}

# Of other domains' tables only what a review shows or needs is read here.
_users = table("users", named("id"), named("first_name"), named("last_name"), named("erased_at"))
_items = table("order_items", named("id"), named("order_id"))
_orders = table("orders", named("id"), named("user_id"))

_AUTHOR = case(
    (_users.c.id.is_not(None), _users.c.first_name + " " + func.left(_users.c.last_name, 1) + "."), else_=NOBODY
)
_SHOWN = select(reviews, _AUTHOR.label("author")).outerjoin(
    _users, (_users.c.id == reviews.c.user_id) & _users.c.erased_at.is_(None)
)
_BUYER = (
    select(_orders.c.user_id)
    .join(_items, _items.c.order_id == _orders.c.id)
    .where(_items.c.id == reviews.c.order_item_id)
    .scalar_subquery()
)

# Parcels of one order arrive on their own days: a line counts from the moment its own has.
_DELIVERED = text("""
SELECT i.id, i.seller_id FROM orders o JOIN order_items i ON i.order_id = o.id
WHERE o.user_id = :user_id AND i.product_id = :product_id AND (o.delivered_at IS NOT NULL OR EXISTS (
    SELECT FROM shipments s JOIN shipment_items si ON si.shipment_id = s.id
    WHERE s.order_id = o.id AND s.kind = 'outbound' AND s.delivered_at IS NOT NULL AND si.order_item_id = i.id))
ORDER BY o.created_at DESC, i.id DESC LIMIT 1
""")


async def delivered_line(conn: AsyncConnection, user_id: UUID, product_id: UUID) -> Row[Any] | None:
    """The last order line by which a product reached a shopper, also when it was sent back (R-REV-1)."""
    return (await conn.execute(_DELIVERED, {"user_id": user_id, "product_id": product_id})).one_or_none()


async def shown(conn: AsyncConnection, review_id: UUID) -> Row[Any]:
    """A review with its author, as an answer shows it."""
    return (await conn.execute(_SHOWN.where(reviews.c.id == review_id))).one()


async def locked(conn: AsyncConnection, review_id: UUID) -> Row[Any] | None:
    """A review, deleted or not, locked until the transaction ends; buyer_id is its author, erased or not."""
    statement = select(reviews, _BUYER.label("buyer_id")).where(reviews.c.id == review_id)
    return (await conn.execute(statement.with_for_update(of=reviews))).one_or_none()


async def of_author(conn: AsyncConnection, user_id: UUID, product_id: UUID) -> UUID | None:
    """The id of a shopper's standing review of a product."""
    mine = (reviews.c.user_id == user_id, reviews.c.product_id == product_id, reviews.c.deleted_at.is_(None))
    found: UUID | None = await conn.scalar(select(reviews.c.id).where(*mine))
    return found


async def withdrawn_as(conn: AsyncConnection, user_id: UUID, product_id: UUID) -> str | None:
    """What a shopper's review of a product was when it was last taken back, visible or hidden; None without any."""
    mine = (reviews.c.user_id == user_id, reviews.c.product_id == product_id, reviews.c.deleted_at.is_not(None))
    newest = select(reviews.c.status).where(*mine).order_by(reviews.c.created_at.desc(), reviews.c.id.desc()).limit(1)
    found: str | None = await conn.scalar(newest)
    return found


def standing(*, product_id: UUID | None, author_id: UUID | None, status: str) -> list[ColumnElement[bool]]:
    """Which reviews a list is about: an author's own of every status, or those of a status."""
    found: list[ColumnElement[bool]] = [reviews.c.deleted_at.is_(None)]
    if product_id:
        found.append(reviews.c.product_id == product_id)
    found.append(reviews.c.user_id == author_id if author_id else reviews.c.status == status)
    return found


def listed(which: Sequence[ColumnElement[bool]], rating: int | None, *, has_comment: bool | None) -> Select[Any]:
    """Those of them with a rating, with or without a comment, and their authors."""
    statement = _SHOWN.where(*which)
    if rating:
        statement = statement.where(reviews.c.rating == rating)
    if has_comment is not None:
        written = reviews.c.comment.is_not(None)
        statement = statement.where(written if has_comment else ~written)
    return statement


async def histogram(conn: AsyncConnection, which: Sequence[ColumnElement[bool]]) -> list[int]:
    """How many of them gave 1, 2, 3, 4 and 5."""
    counted = select(reviews.c.rating, func.count()).where(*which).group_by(reviews.c.rating)
    by_rating = {rating: count for rating, count in await conn.execute(counted)}
    return [by_rating.get(stars, 0) for stars in range(1, 6)]
