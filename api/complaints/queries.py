"""What is read of complaints, and whose they are.

A complaint is a seller's when it is about a line of that seller, or about a whole order of which every line is. What
several sellers have part in is for operators (as refunds are).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.complaints.models import complaints
from api.complaints.schemas import ComplaintsWanted
from api.errors import NotFound
from api.orders.queries import described, orders_of, seller_of
from api.payments import queries as payments
from api.wallets.queries import credit_of

OPEN = ("open", "under_review")
REPLACEMENT = "replacement"

_owner = seller_of(complaints.c.order_item_id)
_SHOWN = select(complaints, *described(complaints.c.order_id), _owner.label("seller_id"))
_HELD = text(
    "SELECT id FROM reservations WHERE cause_type = :cause_type AND cause_id = :complaint_id AND status = 'held'"
)


async def one(conn: AsyncConnection, complaint_id: UUID) -> Row[Any]:
    """A complaint with its order's number and currency and its line's seller; NotFound."""
    row = (await conn.execute(_SHOWN.where(complaints.c.id == complaint_id))).one_or_none()
    if row is None:
        raise NotFound
    return row


async def of_order(conn: AsyncConnection, order_id: UUID, *, seller_id: UUID | None = None) -> Sequence[Row[Any]]:
    """The complaints about an order, the newest first; of a seller only that seller's."""
    of = [complaints.c.order_id == order_id, *([_of_seller(seller_id)] if seller_id else [])]
    statement = _SHOWN.where(*of).order_by(complaints.c.created_at.desc(), complaints.c.id.desc())
    return (await conn.execute(statement)).all()


async def newest(conn: AsyncConnection, order_id: UUID, *, seller_id: UUID | None = None) -> Row[Any]:
    """The newest complaint about an order: the open one, if one is open; NotFound without any."""
    found = await of_order(conn, order_id, seller_id=seller_id)
    if not found:
        raise NotFound("There is no complaint about this order.")
    return found[0]


async def held(conn: AsyncConnection, complaint_id: UUID) -> UUID | None:
    """The id of the hold on a replacement's goods; none once they have left the stock."""
    found: UUID | None = await conn.scalar(_HELD, {"cause_type": REPLACEMENT, "complaint_id": complaint_id})
    return found


async def credited(conn: AsyncConnection, order_id: UUID, order_item_id: UUID | None) -> int:
    """Store credit of earlier complaints about a line or the whole order (about that, all of it) that is no refund.

    What is still to be given is promised (`payments.promised`).
    """
    given = complaints.c
    of = [
        given.order_id == order_id,
        given.resolution_type == "store_credit",
        credit_of(given.user_id, given.id).exists(),
    ]
    if order_item_id:
        of.append(or_(given.order_item_id.is_(None), given.order_item_id == order_item_id))
    rows = (await conn.execute(select(given.id, given.resolution_minor).where(*of))).all()
    if not rows:
        return 0
    granted: int = sum(row.resolution_minor for row in rows)
    return granted - await payments.given_back(conn, "complaint", [row.id for row in rows])


def listed(wanted: ComplaintsWanted, seller_id: UUID | None) -> Select[Any]:
    """Complaints by the fields of ComplaintsWanted; of a seller only that seller's."""
    conditions: list[ColumnElement[bool]] = [_of_seller(seller_id)] if seller_id else []
    if wanted.status:
        conditions.append(complaints.c.status.in_(wanted.status))
    if wanted.type:
        conditions.append(complaints.c.type.in_(wanted.type))
    if wanted.since:
        conditions.append(complaints.c.created_at >= wanted.since)
    if wanted.until:
        conditions.append(complaints.c.created_at < wanted.until)
    return _SHOWN.where(*conditions)


def _of_seller(seller_id: UUID) -> ColumnElement[bool]:
    whole = and_(complaints.c.order_item_id.is_(None), complaints.c.order_id.in_(orders_of(literal(seller_id))))
    return or_(_owner == seller_id, whole)
