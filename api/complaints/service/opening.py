"""Complaints from opened to reviewed: one at a time, in time, with evidence that only grows (R-ORD-18, R-ORD-21)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.complaints import queries
from api.complaints.models import complaints
from api.complaints.schemas import MOST_EVIDENCE, NewComplaint
from api.complaints.service import steps
from api.errors import ComplaintOpen, NotFound, OrderState, ReturnWindowClosed, ValidationFailed
from api.orders import queries as orders_read
from api.orders import service as orders
from api.outbox import Fact
from api.sellers import queries as sellers
from streams.events.complaints import ComplaintOpened, ComplaintUpdated


async def complain(conn: AsyncConnection, order_id: UUID, user_id: UUID, asked: NewComplaint) -> UUID:
    """Open a complaint about an own order; its id.

    NotFound, OrderState before a parcel of it has left, ReturnWindowClosed 30 days after delivery, ComplaintOpen.
    """
    order = await orders_read.locked(conn, order_id)
    if order.user_id != user_id:
        raise NotFound
    if order.shipped_at is None and not await orders_read.picked_up(conn, order_id):
        raise OrderState("An order can be complained about once a parcel of it has left.", status=order.status)
    if order.delivered_at and order.delivered_at + orders.WINDOW < ids.now():
        raise ReturnWindowClosed(closed_at=order.delivered_at + orders.WINDOW)
    for known in await queries.of_order(conn, order_id):
        if known.status in queries.OPEN:
            raise ComplaintOpen(complaint_id=known.id, status=known.status)
    seller_id = await _seller_of(conn, order_id, asked.order_item_id)
    await sellers.await_closing(conn, {seller_id} if seller_id else await orders_read.sellers(conn, order_id))
    row = {"id": ids.new(), "order_id": order_id, "user_id": user_id, **asked.model_dump()}
    row["evidence_urls"] = list(dict.fromkeys(asked.evidence_urls))
    await conn.execute(insert(complaints).values(row))
    event = ComplaintOpened(
        complaint_id=row["id"],
        order_id=order_id,
        order_item_id=asked.order_item_id,
        seller_id=seller_id,
        type=asked.type,
    )
    await outbox.record(conn, Fact(event, seq=1))
    return event.complaint_id


async def _seller_of(conn: AsyncConnection, order_id: UUID, order_item_id: UUID | None) -> UUID | None:
    if order_item_id is None:
        return None
    for line in await orders_read.lines(conn, order_id):
        if line.id == order_item_id:
            return UUID(str(line.seller_id))
    entry = {"field": "body.order_item_id", "message": "is no line of this order", "code": "unknown"}
    raise ValidationFailed(errors=[entry])


async def change(conn: AsyncConnection, complaint: Row[Any], changes: Mapping[str, Any]) -> None:
    """Write the description anew, add evidence, take it under review; nothing happens when nothing differs.

    ComplaintState once it is settled, ValidationFailed beyond ten pieces of evidence. The order must be locked.
    """
    steps.require_open(complaint)
    values = dict(changes)
    if "evidence_urls" in values:
        values["evidence_urls"] = _added(complaint.evidence_urls, values["evidence_urls"])
    values = {name: value for name, value in values.items() if getattr(complaint, name) != value}
    if not values:
        return
    event = ComplaintUpdated(
        **steps.about(complaint),
        status=values.get("status", complaint.status),
        changed=tuple(sorted(values)),
        evidence_count=len(values.get("evidence_urls", complaint.evidence_urls)),
    )
    await steps.advance(conn, complaint, event, values)


def _added(known: Sequence[str], new: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys([*known, *new]))
    if len(found) > MOST_EVIDENCE:
        entry = {"field": "body.evidence_urls", "message": f"would be more than {MOST_EVIDENCE}", "code": "too_long"}
        raise ValidationFailed(errors=[entry])
    return found
