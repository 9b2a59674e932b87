"""Whose a refund is: a seller's when no other has part in it.

Own grants, own goods, verdicts on own lines, own parcels that replaced nothing, orders of own lines alone.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, column, literal, or_, select, table, true
from sqlalchemy.ext.asyncio import AsyncConnection

from api.orders import queries as orders
from api.payments.models import refunds
from api.shipping import queries as shipping

# Of other domains' tables only who owns a shop is read here, and which line a complaint is about.
_shops = table("sellers", column("id"), column("user_id"))
_complaints = table("complaints", column("id"), column("order_item_id"))


def is_of(seller_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether a row of refunds is a seller's."""
    owner = select(_shops.c.user_id).where(_shops.c.id == seller_id).scalar_subquery()
    granted = (refunds.c.cause_type == "seller") & (refunds.c.requested_by == owner)
    goods = (refunds.c.cause_type == "return") & refunds.c.cause_id.in_(orders.returns_of(seller_id))
    about = select(_complaints.c.order_item_id).where(_complaints.c.id == refunds.c.cause_id).correlate(refunds)
    verdict = (refunds.c.cause_type == "complaint") & (orders.seller_of(about.scalar_subquery()) == seller_id)
    unreplaced = (refunds.c.cause_type == "replacement") & refunds.c.cause_id.in_(shipping.parcels_of(seller_id))
    return or_(granted, goods, verdict, unreplaced, refunds.c.order_id.in_(orders.orders_of(seller_id)))


async def refunds_of(conn: AsyncConnection, order_id: UUID, seller_id: UUID) -> set[UUID]:
    """Ids of an order's refunds that are a seller's."""
    mine = select(refunds.c.id).where(refunds.c.order_id == order_id, is_of(literal(seller_id)))
    return set((await conn.execute(mine)).scalars())


async def sellers_of_refund(conn: AsyncConnection, refund_id: UUID, order_id: UUID) -> set[UUID]:
    """Those of an order's sellers whose the refund is: one of them at most."""
    every = orders.sellers_of(order_id).subquery()
    asked = select(every.c.seller_id).join_from(refunds, every, true())
    found = await conn.execute(asked.where(refunds.c.id == refund_id, is_of(every.c.seller_id)))
    return set(found.scalars())
