"""Writes, changes, hides and takes back reviews; the facts follow from what could be seen before and after."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.catalog import queries as catalog
from api.changes import differing, require_version
from api.errors import Forbidden, NotABuyer, NotFound, ReviewExists
from api.outbox import Fact
from api.reviews import queries
from api.reviews.models import reviews
from api.unit import TryAgain
from streams.events import Event
from streams.events.reviews import (
    CommentCreated,
    CommentDeleted,
    CommentUpdated,
    RatingAdded,
    RatingDeleted,
    RatingUpdated,
)

VISIBLE = "visible"


class Caller(NamedTuple):
    """Who changes a review."""

    user_id: UUID
    operator: bool


class Seen(NamedTuple):
    """What everybody can see of a review; nothing of a hidden or deleted one."""

    rating: int | None = None
    comment: str | None = None


async def write(conn: AsyncConnection, user_id: UUID, product_id: UUID, rating: int, comment: str | None) -> UUID:
    """A buyer's review of a product that was delivered; NotABuyer, ReviewExists, NotFound for an unknown product.

    After one that was hidden it is hidden too: whether that is shown again is for an operator to say, not its author.
    """
    line = await queries.delivered_line(conn, user_id, product_id)
    if line is None:
        raise NotABuyer if await catalog.product(conn, product_id) else NotFound
    review_id, moment = ids.new(), ids.now()
    about = {"review_id": review_id, "product_id": product_id, "seller_id": line.seller_id}
    status = await queries.withdrawn_as(conn, user_id, product_id) or VISIBLE
    facts = _facts(about, user_id, Seen(), Seen(rating, comment) if status == VISIBLE else Seen())
    values = {
        "id": review_id,
        "user_id": user_id,
        "product_id": product_id,
        "seller_id": line.seller_id,
        "order_item_id": line.id,
        "rating": rating,
        "comment": comment,
        "status": status,
        "version": max(len(facts), 1),
        "created_at": moment,
        "updated_at": moment,
    }
    await _insert(conn, values)
    await _record(conn, facts, before=0)
    return review_id


async def _insert(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    statement = insert(reviews).values(values).on_conflict_do_nothing(
        index_elements=["user_id", "product_id"], index_where=reviews.c.deleted_at.is_(None)
    )  # fmt: skip
    if await conn.scalar(statement.returning(reviews.c.id)):
        return
    known = await queries.of_author(conn, values["user_id"], values["product_id"])
    if known is None:  # the other one was taken back in between
        raise TryAgain
    raise ReviewExists(review_id=known)


async def change(
    conn: AsyncConnection, caller: Caller, review_id: UUID, changes: Mapping[str, Any], expected: int | None
) -> None:
    """The author changes rating and comment, an operator the status; nothing happens when no value differs.

    NotFound, Forbidden, VersionConflict. The version of a hidden review grows without a fact, for nobody sees it.
    """
    row = await _reachable(conn, caller, review_id)
    if row.deleted_at:
        raise NotFound
    if changes.keys() - {"status"} and row.user_id != caller.user_id:
        raise Forbidden("Only its author changes what a review says.")
    if "status" in changes and not caller.operator:
        raise Forbidden
    require_version(row, expected)
    if differing(row, changes):
        await _update(conn, row, changes)


async def remove(conn: AsyncConnection, caller: Caller, review_id: UUID) -> None:
    """Take a review back with its text; one that was taken back stays so. NotFound for somebody else's."""
    row = await _reachable(conn, caller, review_id)
    if not row.deleted_at:
        await _update(conn, row, {"deleted_at": ids.now(), "comment": None})


async def forget_author(conn: AsyncConnection, user_id: UUID) -> None:
    """The reviews of an erased account stay, and say no more whose they were (R-USR-15)."""
    raised = {"user_id": None, "version": reviews.c.version + 1, "updated_at": ids.now()}
    await conn.execute(update(reviews).where(reviews.c.user_id == user_id).values(raised))


async def _reachable(conn: AsyncConnection, caller: Caller, review_id: UUID) -> Row[Any]:
    row = await queries.locked(conn, review_id)
    if row is None or not (caller.operator or row.user_id == caller.user_id):
        raise NotFound
    return row


async def _update(conn: AsyncConnection, row: Row[Any], changes: Mapping[str, Any]) -> None:
    after = {**row._mapping, **changes}
    about = {"review_id": row.id, "product_id": row.product_id, "seller_id": row.seller_id}
    facts = _facts(about, row.buyer_id, _seen(row._mapping), _seen(after))
    raised = {**changes, "version": row.version + max(len(facts), 1), "updated_at": ids.now()}
    await conn.execute(update(reviews).where(reviews.c.id == row.id).values(raised))
    await _record(conn, facts, before=row.version)


def _seen(row: Mapping[Any, Any]) -> Seen:
    shows = row["status"] == VISIBLE and row["deleted_at"] is None
    return Seen(row["rating"], row["comment"]) if shows else Seen()


def _facts(about: dict[str, Any], user_id: UUID, before: Seen, after: Seen) -> list[Event]:
    """The rating's fact, then the comment's, each only if that part changed (R-REV-2, R-REV-5)."""
    return [
        *_of_rating(about, user_id, before.rating, after.rating),
        *_of_comment(about, before.comment, after.comment),
    ]


def _of_rating(about: dict[str, Any], user_id: UUID, before: int | None, after: int | None) -> list[Event]:
    match before, after:
        case None, int(now):
            return [RatingAdded(**about, user_id=user_id, rating=now)]
        case int(was), None:
            return [RatingDeleted(**about, rating_before=was)]
        case int(was), int(now) if was != now:
            return [RatingUpdated(**about, user_id=user_id, rating=now, rating_before=was)]
    return []


def _of_comment(about: dict[str, Any], before: str | None, after: str | None) -> list[Event]:
    match before, after:
        case None, str(now):
            return [CommentCreated(**about, length=len(now))]
        case str(), None:
            return [CommentDeleted(**about)]
        case str(was), str(now) if was != now:
            return [CommentUpdated(**about, length=len(now))]
    return []


async def _record(conn: AsyncConnection, facts: list[Event], *, before: int) -> None:
    await outbox.record(conn, *(Fact(event, seq=seq) for seq, event in enumerate(facts, start=before + 1)))
