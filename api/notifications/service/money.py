"""What shoppers, sellers and operators are told of payments, refunds, complaints and payouts."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.columns import Json
from api.notifications import queries
from api.notifications.kinds import Type
from api.notifications.service.orders import about, not_delivered
from api.notifications.service.writing import Draft
from api.orders import queries as orders
from api.payments import queries as payments
from streams.events.complaints import ComplaintOpened, ComplaintResolved
from streams.events.ledger import PayoutFailed, PayoutPaid
from streams.events.payments import (
    PaymentExpired,
    PaymentFailed,
    RefundFailed,
    RefundRejected,
    RefundRequested,
    RefundSucceeded,
)

OF_ITSELF = frozenset({"cancel", "return", "complaint"})
"""Refunds that follow from something of which the shopper has been told."""


def _to_staff(type_: Type, template: str, data: Json, staff: Sequence[UUID]) -> list[Draft]:
    """Operators find it in their inbox; a mail to each of them would be too much."""
    return [Draft(type_, template, data, user_id=person, channels=("in_app",)) for person in staff]


async def payment_ended(conn: AsyncConnection, fact: PaymentFailed | PaymentExpired) -> list[Draft]:
    """The order was not paid."""
    order = await orders.read(conn, fact.order_id)
    data = about(order, expired=isinstance(fact, PaymentExpired))
    return [Draft("payment_failed", "payment_failed", data, user_id=order.user_id)]


async def refund_asked(conn: AsyncConnection, fact: RefundRequested) -> list[Draft]:
    """A shopper asked for money back; operators are told while it waits for a decision.

    What a seller or operator gives back is decided with it: the shopper hears when it is paid. Of goods that were to
    replace others it is told that they do not come.
    """
    order = await orders.read(conn, fact.order_id)
    refund = await payments.refund(conn, fact.refund_id)
    if fact.cause_type == "replacement":
        return not_delivered(order, {await queries.sender(conn, refund.cause_id)}, fact.amount_minor)
    if fact.cause_type in OF_ITSELF or refund.requested_by != order.user_id:
        return []
    data = about(order, refund_id=str(fact.refund_id), amount_minor=fact.amount_minor)
    found = [Draft("refund_update", "refund_requested", data, user_id=order.user_id)]
    if refund.status == "requested":
        found += _to_staff("refund_update", "refund_requested_operator", data, await queries.staff(conn))
    return found


async def refund_ended(conn: AsyncConnection, fact: RefundSucceeded | RefundFailed) -> list[Draft]:
    """The money went back, or the gateway refused for good and somebody has to see to it."""
    order = await orders.read(conn, fact.order_id)
    data = about(order, refund_id=str(fact.refund_id), amount_minor=fact.amount_minor)
    if isinstance(fact, RefundSucceeded):
        paid = {**data, "wallet": fact.target == "wallet"}
        return [Draft("refund_update", "refund_succeeded", paid, user_id=order.user_id)]
    shopper = Draft("refund_update", "refund_failed", data, user_id=order.user_id)
    return [shopper, *_to_staff("refund_update", "refund_failed_operator", data, await queries.staff(conn))]


async def refund_refused(conn: AsyncConnection, fact: RefundRejected) -> list[Draft]:
    """Somebody decided so; a request that a refund of everything has overtaken is no bad news."""
    if (await payments.refund(conn, fact.refund_id)).decided_by is None:
        return []
    order = await orders.read(conn, fact.order_id)
    data = about(order, refund_id=str(fact.refund_id))
    return [Draft("refund_update", "refund_rejected", data, user_id=order.user_id)]


async def complaint_opened(conn: AsyncConnection, fact: ComplaintOpened) -> list[Draft]:
    """The shopper, the seller whose it is, and the operators."""
    found = await _complaint(conn, fact, "complaint_opened", {})
    order = await orders.read(conn, fact.order_id)
    data = about(order, complaint_id=str(fact.complaint_id))
    return [*found, *_to_staff("complaint_update", "complaint_opened_staff", data, await queries.staff(conn))]


async def complaint_decided(conn: AsyncConnection, fact: ComplaintResolved) -> list[Draft]:
    """The shopper and the seller whose it was; what several sellers have part in none of them can read up."""
    decision = {"resolution": fact.resolution_type, "amount_minor": fact.amount_minor}
    return await _complaint(conn, fact, "complaint_resolved", decision)


async def _complaint(
    conn: AsyncConnection, fact: ComplaintOpened | ComplaintResolved, template: str, more: Json
) -> list[Draft]:
    order = await orders.read(conn, fact.order_id)
    shopper = await queries.complainant(conn, fact.complaint_id)
    sellers = {fact.seller_id} if fact.seller_id else await orders.only_seller(conn, fact.order_id)
    data = about(order, complaint_id=str(fact.complaint_id), **more)
    to_sellers = [Draft("complaint_update", f"{template}_staff", data, seller_id=one) for one in sorted(sellers)]
    return [Draft("complaint_update", template, data, user_id=shopper), *to_sellers]


async def payout_ended(conn: AsyncConnection, fact: PayoutPaid | PayoutFailed) -> list[Draft]:
    """The seller's money was paid out, or could not be."""
    template = "payout_paid" if isinstance(fact, PayoutPaid) else "payout_failed"
    data = {"payout_id": str(fact.payout_id), "amount_minor": fact.amount_minor, "currency": fact.currency}
    return [Draft("payout_update", template, data, seller_id=fact.seller_id)]
