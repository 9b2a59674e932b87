"""Refunds as promises: asked for, decided, following by rule, never more than was captured (R-PAY-10, R-PAY-11)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import NotFound, PaymentState, RefundExceedsCaptured, RefundState
from api.orders import queries as orders
from api.orders import service as order_service
from api.outbox import Fact
from api.payments import queries
from api.payments.models import refunds
from api.payments.schemas import RefundDecision
from api.payments.service import repayments, steps
from api.users import queries as users
from streams.events.payments import RefundApproved, RefundRejected, RefundRequested

# Of a payment in processing a part may be captured.
PAID = ("processing", "success", "refunding", "refund_failed")
# What came from a wallet or in cash goes back into the wallet: there is no way back through a gateway.
NO_WAY_BACK = ("wallet", "cod")


class Wish:
    """What is asked back: of which order, how much (None: all that is left), why, and who may have approved it.

    With `seller_id` it is of that seller's lines only.
    """

    def __init__(
        self,
        order_id: UUID,
        *,
        reason_code: str,
        cause_type: str = "manual",
        cause_id: UUID | None = None,
        amount_minor: int | None = None,
        reason: str | None = None,
        requested_by: UUID | None = None,
        approved_by: str | None = None,
        seller_id: UUID | None = None,
        target: str = "original",
    ) -> None:
        self.order_id, self.amount_minor = order_id, amount_minor
        self.reason_code, self.reason = reason_code, reason
        self.cause_type, self.cause_id = cause_type, cause_id
        self.requested_by, self.approved_by, self.seller_id = requested_by, approved_by, seller_id
        self.target = target


async def ask(conn: AsyncConnection, wish: Wish) -> Row[Any]:
    """Record a refund, approved at once when the wish says by whom; one per cause: a repeat gives the first (R-PAY-11).

    Raises PaymentState when nothing was captured, or the wallet that it would go to is nobody's any more;
    RefundExceedsCaptured beyond what is left.
    """
    await orders.locked(conn, wish.order_id)
    known = await queries.refund_of(conn, wish.cause_type, wish.cause_id) if wish.cause_id else None
    if known:
        return known
    payment = await _captured(conn, wish.order_id)
    await _require_owner(conn, payment, wish)
    left = await _left(conn, payment, wish)
    amount = left if wish.amount_minor is None else wish.amount_minor
    if not 0 < amount <= left:
        raise RefundExceedsCaptured(refundable_minor=left)
    return await _record(conn, payment, wish, amount)


async def follow(conn: AsyncConnection, wish: Wish) -> Row[Any] | None:
    """Record the refund that a rule prescribes, once per cause: as much of it as is left, None when nothing is.

    Requests that nobody has decided give way to it: they are rejected where both would exceed what was captured. A
    return waits until the rest is captured or let go (`late`): it has one refund, and of goods that were captured in
    part its seller was paid a part only. So do goods that were not replaced.
    """
    await orders.locked(conn, wish.order_id)
    live = await queries.live(conn, wish.order_id)
    known = await queries.refund_of(conn, wish.cause_type, wish.cause_id) if wish.cause_id else None
    if live is None or known:
        return known
    payment = await queries.read(conn, live.id, lock=True)
    if wish.cause_type in ("return", "replacement") and payment.captured_minor < payment.authorized_minor:
        return None
    due = await _of_lines(conn, payment, wish)
    if wish.amount_minor is not None:
        due = min(due, wish.amount_minor)
    if due > await _of_payment(conn, payment, wish.cause_id):
        await _overrule(conn, payment, wish.reason_code)
    amount = min(due, await _of_payment(conn, payment, wish.cause_id))
    return await _record(conn, payment, wish, amount) if amount > 0 else None


async def _left(conn: AsyncConnection, payment: Row[Any], of: Wish | order_service.Claim) -> int:
    """What may still go back: of what was captured, and of the lines that the refund is bound to."""
    return max(min(await _of_payment(conn, payment), await _of_lines(conn, payment, of)), 0)


async def _of_payment(conn: AsyncConnection, payment: Row[Any], cause_id: UUID | None = None) -> int:
    """What is left of it, beside what the cause was promised."""
    return int(payment.captured_minor) - await queries.asked_back(conn, payment.id, but=cause_id)


async def _of_lines(conn: AsyncConnection, payment: Row[Any], of: Wish | order_service.Claim) -> int:
    """A seller's grant is bound to own lines, a return's refund to what came back, any other to nothing."""
    promised = await queries.promised(conn, payment.order_id)
    if of.seller_id:
        return await order_service.refundable(conn, payment.order_id, of.seller_id, promised)
    if of.cause_type == "return" and of.cause_id:
        return await order_service.reprice(conn, of.cause_id, promised)
    return int(payment.captured_minor)


async def _overrule(conn: AsyncConnection, payment: Row[Any], reason_code: str) -> None:
    for refund in await queries.undecided(conn, payment.id):
        event = RefundRejected(refund_id=refund.id, order_id=refund.order_id, reason_code=reason_code)
        await steps.advance_refund(conn, refund, "rejected", event)


async def _captured(conn: AsyncConnection, order_id: UUID) -> Row[Any]:
    payment = await queries.live(conn, order_id)
    if payment is None:
        raise NotFound("The order has no payment.")
    payment = await queries.read(conn, payment.id, lock=True)
    if payment.status not in PAID or not payment.captured_minor:
        raise PaymentState(payment_id=payment.id, status=payment.status)
    return payment


async def _require_owner(conn: AsyncConnection, payment: Row[Any], wish: Wish) -> None:
    """A wallet whose owner was erased is closed for good: who was paid from it cannot be paid back."""
    if _target(payment, wish) == "wallet" and await users.is_gone(conn, payment.user_id):
        why = "The shopper's account was erased, and its wallet with it."
        raise PaymentState(why, payment_id=payment.id, status=payment.status)


def _target(payment: Row[Any], wish: Wish) -> str:
    return "wallet" if payment.gateway in NO_WAY_BACK else wish.target


async def _record(conn: AsyncConnection, payment: Row[Any], wish: Wish, amount: int) -> Row[Any]:
    refund = await _insert(conn, payment, wish, amount)
    await outbox.record(conn, *_told(refund, wish))
    return await _at_once(conn, refund) if wish.approved_by else refund


async def _at_once(conn: AsyncConnection, refund: Row[Any]) -> Row[Any]:
    """An approved refund into a wallet is paid by us, here and now (R-PAY-13); others wait for the gateway."""
    if refund.target != "wallet":
        return refund
    order = await orders.locked(conn, refund.order_id)
    payment = await queries.read(conn, refund.payment_id, lock=True)
    await repayments.succeed(conn, refund, payment, order)
    return await queries.refund(conn, refund.id)


async def _insert(conn: AsyncConnection, payment: Row[Any], wish: Wish, amount: int) -> Row[Any]:
    refund_id, approved = ids.new(), wish.approved_by is not None
    values = {
        "id": refund_id,
        "payment_id": payment.id,
        "order_id": payment.order_id,
        "requested_by": wish.requested_by,
        "amount_minor": amount,
        "currency": payment.currency,
        "reason": wish.reason,
        "reason_code": wish.reason_code,
        "target": _target(payment, wish),
        "status": "approved" if approved else "requested",
        "next_attempt_at": ids.now() if approved else None,
        "cause_type": wish.cause_type,
        "cause_id": wish.cause_id or refund_id,
        "version": 2 if approved else 1,
    }
    await conn.execute(insert(refunds).values(values))
    return await queries.refund(conn, refund_id)


def _told(refund: Row[Any], wish: Wish) -> list[Fact]:
    asked = RefundRequested(
        refund_id=refund.id,
        order_id=refund.order_id,
        payment_id=refund.payment_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reason_code=refund.reason_code,
        target=refund.target,
        cause_type=refund.cause_type,
    )
    facts = [Fact(asked, seq=1)]
    return [*facts, Fact(_approval(refund, wish.approved_by), seq=2)] if wish.approved_by else facts


def _approval(refund: Row[Any], by: str) -> RefundApproved:
    return RefundApproved(
        refund_id=refund.id,
        order_id=refund.order_id,
        payment_id=refund.payment_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        by=by,
    )


async def decide(
    conn: AsyncConnection, refund_id: UUID, said: RefundDecision, *, by: str, decided_by: UUID
) -> Row[Any]:
    """Approve or reject a requested refund, or retry a failed one; RefundState otherwise.

    Raises RefundExceedsCaptured when other refunds have taken the money of a failed one, or a complaint's verdict that
    of one that waited.
    """
    known = await queries.refund(conn, refund_id)
    await orders.locked(conn, known.order_id)
    payment = await queries.read(conn, known.payment_id, lock=True)
    refund = await queries.refund(conn, refund_id, lock=True)
    if refund.status != ("failed" if said.decision == "retry" else "requested"):
        raise RefundState(status=refund.status)
    if said.decision == "retry":
        await _check_room(conn, payment, refund)
    elif said.decision == "approve" and (left := await _of_payment(conn, payment)) < 0:
        raise RefundExceedsCaptured(refundable_minor=max(refund.amount_minor + left, 0))
    words = {"decided_by": decided_by, "decision_note": said.note or refund.decision_note}
    if said.decision == "reject":
        event = RefundRejected(refund_id=refund.id, order_id=refund.order_id, reason_code=refund.reason_code)
        await steps.advance_refund(conn, refund, "rejected", event, **words)
    else:
        due = {"attempts": 0, "next_attempt_at": ids.now()}
        await steps.advance_refund(conn, refund, "approved", _approval(refund, by), **due, **words)
        return await _at_once(conn, await queries.refund(conn, refund_id))
    return await queries.refund(conn, refund_id)


async def _check_room(conn: AsyncConnection, payment: Row[Any], refund: Row[Any]) -> None:
    """A failed refund promises nothing: by the time it is retried, others may have been granted."""
    left = await _left(conn, payment, await queries.claim(conn, refund))
    if refund.amount_minor > left:
        raise RefundExceedsCaptured(refundable_minor=left)
