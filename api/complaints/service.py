"""Complaints from opened to settled (R-ORD-18 to R-ORD-21); what a verdict promises follows by reactions to its fact.

Every step holds the order's lock, so that an order has one open complaint, and money and goods are promised once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.complaints import queries
from api.complaints.models import complaints
from api.complaints.schemas import MOST_EVIDENCE, NewComplaint, Verdict
from api.errors import (
    ComplaintOpen,
    ComplaintState,
    InsufficientStock,
    NotFound,
    OrderState,
    RefundExceedsCaptured,
    ReturnWindowClosed,
    ValidationFailed,
)
from api.inventory import service as inventory
from api.orders import queries as orders_read
from api.orders import service as orders
from api.outbox import Fact
from api.payments import queries as payments_read
from api.shipping import service as shipping
from api.wallets import service as wallets
from streams.events import Item
from streams.events.complaints import ComplaintEvent, ComplaintOpened, ComplaintResolved, ComplaintUpdated

BY_MONEY = frozenset({"refund", "store_credit"})
# The hold of a replacement ends with its parcel, not by time: its order lives (R-INV-4).
HOLD = timedelta(days=1)


async def complain(conn: AsyncConnection, order_id: UUID, user_id: UUID, asked: NewComplaint) -> UUID:
    """Open a complaint about an own order; its id.

    NotFound, OrderState before the order has shipped, ReturnWindowClosed 30 days after delivery, ComplaintOpen.
    """
    order = await orders_read.locked(conn, order_id)
    if order.user_id != user_id:
        raise NotFound
    if order.shipped_at is None:
        raise OrderState("An order can be complained about once it has shipped.", status=order.status)
    if order.delivered_at and order.delivered_at + orders.WINDOW < ids.now():
        raise ReturnWindowClosed(closed_at=order.delivered_at + orders.WINDOW)
    for known in await queries.of_order(conn, order_id):
        if known.status in queries.OPEN:
            raise ComplaintOpen(complaint_id=known.id, status=known.status)
    seller_id = await _seller_of(conn, order_id, asked.order_item_id)
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
    entry = {"field": "order_item_id", "message": "is no line of this order", "code": "unknown"}
    raise ValidationFailed(errors=[entry])


async def change(conn: AsyncConnection, complaint: Row[Any], changes: Mapping[str, Any]) -> None:
    """Write the description anew, add evidence, take it under review; nothing happens when nothing differs.

    ComplaintState once it is settled, ValidationFailed beyond ten pieces of evidence. The order must be locked.
    """
    _require_open(complaint)
    values = dict(changes)
    if "evidence_urls" in values:
        values["evidence_urls"] = _added(complaint.evidence_urls, values["evidence_urls"])
    values = {name: value for name, value in values.items() if getattr(complaint, name) != value}
    if not values:
        return
    event = ComplaintUpdated(
        **_about(complaint),
        status=values.get("status", complaint.status),
        changed=tuple(sorted(values)),
        evidence_count=len(values.get("evidence_urls", complaint.evidence_urls)),
    )
    await _advance(conn, complaint, event, values)


def _require_open(complaint: Row[Any]) -> None:
    if complaint.status not in queries.OPEN:
        raise ComplaintState(complaint_id=complaint.id, status=complaint.status)


def _added(known: Sequence[str], new: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys([*known, *new]))
    if len(found) > MOST_EVIDENCE:
        entry = {"field": "evidence_urls", "message": f"would be more than {MOST_EVIDENCE}", "code": "too_long"}
        raise ValidationFailed(errors=[entry])
    return found


async def resolve(conn: AsyncConnection, complaint: Row[Any], said: Verdict, by: UUID) -> None:
    """Settle a complaint: money up to what its lines still cost, goods of which a replacement is held at once.

    ComplaintState when it is settled, RefundExceedsCaptured, InsufficientStock. The order must be locked.
    """
    _require_open(complaint)
    moment = ids.now()
    amount = await _granted(conn, complaint, said.amount_minor) if said.resolution_type in BY_MONEY else None
    if said.resolution_type == "replacement":
        await _hold(conn, complaint, moment)
    event = ComplaintResolved(
        **_about(complaint),
        type=complaint.type,
        resolution_type=said.resolution_type,
        amount_minor=amount,
        currency=complaint.currency,
        open_for_s=int((moment - complaint.created_at).total_seconds()),
    )
    verdict = {
        "status": "rejected" if said.resolution_type == "rejected" else "resolved",
        "resolution_type": said.resolution_type,
        "resolution_note": said.resolution_note,
        "resolution_minor": amount,
        "resolved_by": by,
        "resolved_at": moment,
    }
    await _advance(conn, complaint, event, verdict)


async def _granted(conn: AsyncConnection, complaint: Row[Any], wanted: int | None) -> int:
    left = await _refundable(conn, complaint)
    amount = left if wanted is None else wanted
    if not 0 < amount <= left:
        raise RefundExceedsCaptured(refundable_minor=left)
    return amount


async def _refundable(conn: AsyncConnection, complaint: Row[Any]) -> int:
    """What the complaint's lines still cost, and of the money no more than is left; undecided wishes give way to it.

    Store credit gives the price back as well: what was granted before counts, or complaint after complaint would pay.
    """
    payment = await payments_read.live(conn, complaint.order_id)
    if payment is None:
        return 0
    undecided = sum(refund.amount_minor for refund in await payments_read.undecided(conn, payment.id))
    left = payment.captured_minor - await payments_read.asked_back(conn, payment.id) + undecided
    promised = await payments_read.promised(conn, complaint.order_id)
    lines = await orders.free(conn, complaint.order_id, complaint.order_item_id, promised)
    credited = await queries.credited(conn, complaint.order_id, complaint.order_item_id)
    return max(0, min(int(left), lines) - credited)


async def _hold(conn: AsyncConnection, complaint: Row[Any], moment: datetime) -> None:
    items = [Item(product_id=line.product_id, quantity=line.quantity) for line in await _goods(conn, complaint)]
    if not items:
        raise OrderState("Everything of it came back already.", status=complaint.status)
    try:
        held = await inventory.reserve(
            conn,
            order_id=complaint.order_id,
            cause_type=queries.REPLACEMENT,
            cause_id=complaint.id,
            items=items,
            expires_at=moment + HOLD,
        )
    except InsufficientStock as problem:
        refusal = inventory.refused(problem, order_id=complaint.order_id)
        raise problem.record(lambda own: outbox.record(own, refusal)) from None
    await outbox.record(conn, *held.facts)


async def _goods(conn: AsyncConnection, complaint: Row[Any]) -> list[shipping.ToSend]:
    """The units that the complaint is about and that did not come back."""
    return [
        shipping.ToSend(
            order_item_id=line.id,
            product_id=line.product_id,
            seller_id=line.seller_id,
            quantity=line.quantity - line.returned_quantity,
        )
        for line in await orders_read.lines(conn, complaint.order_id)
        if complaint.order_item_id in (None, line.id) and line.quantity > line.returned_quantity
    ]


async def give_credit(conn: AsyncConnection, complaint_id: UUID) -> None:
    """The shopper's wallet has what was granted; a repeat does nothing."""
    granted = await queries.one(conn, complaint_id)
    await wallets.give_credit(
        conn,
        granted.user_id,
        granted.currency,
        granted.resolution_minor,
        cause_id=complaint_id,
        order_id=granted.order_id,
    )


async def send_replacement(conn: AsyncConnection, complaint_id: UUID) -> None:
    """The held units leave the stock, and each seller has a parcel of price 0 to send; a repeat does nothing."""
    complaint = await queries.one(conn, complaint_id)
    order = await orders_read.locked(conn, complaint.order_id)
    hold_id = await queries.held(conn, complaint_id)
    if hold_id is None:
        return
    hold = await inventory.deduct(conn, reservation_id=hold_id)
    await outbox.record(conn, *hold.facts)
    to = shipping.Destination(
        order_id=order.id, address=order.shipping_address, currency=order.currency, kind="replacement"
    )
    await shipping.prepare(conn, to, await _goods(conn, complaint))


def _about(complaint: Row[Any]) -> dict[str, Any]:
    known = {"order_id": complaint.order_id, "order_item_id": complaint.order_item_id, "seller_id": complaint.seller_id}
    return {"complaint_id": complaint.id, **known}


async def _advance(
    conn: AsyncConnection, complaint: Row[Any], event: ComplaintEvent, values: Mapping[str, Any]
) -> None:
    version = complaint.version + 1
    changed = {**values, "version": version, "updated_at": ids.now()}
    await conn.execute(update(complaints).where(complaints.c.id == complaint.id).values(changed))
    await outbox.record(conn, Fact(event, seq=version))
