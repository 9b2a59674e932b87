"""How complaints end: what may be granted, and what follows from it by the reaction to its fact (R-ORD-19, R-ORD-20).

Goods that are promised are held with the verdict; money is found in time by its bounds, and undecided wishes give way.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.complaints import queries
from api.complaints.schemas import Verdict
from api.complaints.service import steps
from api.errors import InsufficientStock, OrderState, RefundExceedsCaptured
from api.inventory import service as inventory
from api.orders import queries as orders_read
from api.orders import service as orders
from api.payments import queries as payments_read
from api.payments import service as payments
from api.shipping import service as shipping
from api.wallets import queries as wallets_read
from api.wallets import service as wallets
from streams.events import Item
from streams.events.complaints import ComplaintResolved

BY_MONEY = frozenset({"refund", "store_credit"})
# The hold of a replacement ends with its parcel, not by time: its order lives (R-INV-4).
HOLD = timedelta(days=1)


async def resolve(conn: AsyncConnection, complaint: Row[Any], said: Verdict, by: UUID) -> None:
    """Settle a complaint: money up to what its lines still cost, goods of which a replacement is held at once.

    ComplaintState when it is settled, RefundExceedsCaptured, InsufficientStock. The order must be locked.
    """
    steps.require_open(complaint)
    moment = ids.now()
    amount = await _granted(conn, complaint, said.amount_minor) if said.resolution_type in BY_MONEY else None
    if said.resolution_type == "replacement":
        await _hold(conn, complaint, moment)
    event = ComplaintResolved(
        **steps.about(complaint),
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
    await steps.advance(conn, complaint, event, verdict)


async def _granted(conn: AsyncConnection, complaint: Row[Any], wanted: int | None) -> int:
    left = await _refundable(conn, complaint)
    amount = left if wanted is None else wanted
    if not 0 < amount <= left:
        raise RefundExceedsCaptured(refundable_minor=left)
    return amount


async def _refundable(conn: AsyncConnection, complaint: Row[Any]) -> int:
    """What the complaint's lines still cost, and of the money no more than is left; undecided wishes give way to it.

    Store credit gives the price back as well: what was granted before and is no refund counts too, or complaint after
    complaint would pay.
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


async def settle(conn: AsyncConnection, fact: ComplaintResolved) -> None:
    """What the verdict promised: money back, store credit, or the goods again, once (R-ORD-20)."""
    if fact.resolution_type == "refund":
        wish = payments.Wish(
            fact.order_id,
            reason_code=fact.name,
            cause_type="complaint",
            cause_id=fact.complaint_id,
            amount_minor=fact.amount_minor,
            approved_by="rule",
        )
        await payments.follow(conn, wish)
    elif fact.resolution_type == "store_credit":
        await _give_credit(conn, fact.complaint_id)
    elif fact.resolution_type == "replacement":
        await _send_again(conn, fact.complaint_id)


async def _give_credit(conn: AsyncConnection, complaint_id: UUID) -> None:
    """The shopper's wallet has what was granted; a repeat does nothing.

    It comes out of what the goods were paid with, so that their sellers bear it and it is not paid back once more; what
    is no longer left of that is the platform's expense.
    """
    granted = await queries.one(conn, complaint_id)
    await orders_read.locked(conn, granted.order_id)
    if await wallets_read.has_credit(conn, granted.user_id, complaint_id):
        return
    wish = payments.Wish(
        granted.order_id,
        reason_code=payments.STORE_CREDIT,
        cause_type="complaint",
        cause_id=complaint_id,
        amount_minor=granted.resolution_minor,
        approved_by="rule",
        target="wallet",
    )
    refund = await payments.follow(conn, wish)
    rest = granted.resolution_minor - (refund.amount_minor if refund else 0)
    if rest:
        cause, order_id = refund.id if refund else complaint_id, granted.order_id
        await wallets.give_credit(conn, granted.user_id, granted.currency, rest, cause_id=cause, order_id=order_id)


async def _send_again(conn: AsyncConnection, complaint_id: UUID) -> None:
    """The held units leave the stock, and each seller has a parcel of price 0 to send; a repeat does nothing.

    Of an order that was paid back meanwhile nothing more is sent.
    """
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
    if order.status == "refunded":
        await shipping.call_off(conn, order.id, order.status)
