"""PayPal's words as ours: what became of an operation, why it declines, and what its list names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from api.payments.gateway import Listed, NextAction, Operation, Outcome, Reply
from api.payments.paypal_objects import Movement, Order, Transaction, minor

# https://developer.paypal.com/api/rest/reference/orders/v2/errors: whatever is not here is said in its own word.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "PAYER_ACTION_REQUIRED": "authentication_required",
        "REFUND_FAILED_INSUFFICIENT_FUNDS": "insufficient_funds",
        "TRANSACTION_LIMIT_EXCEEDED": "amount_too_large",
        "TRANSACTION_RECEIVING_LIMIT_EXCEEDED": "amount_too_large",
        "ORDER_EXPIRED": "abandoned",
    }
)
DECLINED = "declined"
AT_ONCE = frozenset(
    (
        "ORDER_ALREADY_AUTHORIZED", "ORDER_ALREADY_CAPTURED", "ORDER_COMPLETION_IN_PROGRESS",
        "AUTHORIZATION_ALREADY_CAPTURED", "PREVIOUS_REQUEST_IN_PROGRESS",
    )
)  # fmt: skip
"""Somebody else of us is doing the same at this moment, or just did."""
_ISSUE = re.compile(r"[A-Z][A-Z_]{2,59}")
_LISTED: Mapping[str, Outcome] = MappingProxyType(
    {"S": "succeeded", "V": "succeeded", "P": "processing", "D": "failed"}
)
# https://developer.paypal.com/docs/reports/reference/tcodes: payments, and refunds that we asked for.
TAKEN, GIVEN_BACK = "T00", "T1107"


def reason(issue: str) -> str:
    """Our word for why PayPal says no."""
    return REASONS.get(issue) or (issue.lower() if _ISSUE.fullmatch(issue) else DECLINED)


def step(order: Order) -> NextAction | None:
    """Where the shopper approves the order."""
    page = next((one.href for one in order.links if one.rel in {"payer-action", "approve"}), None)
    return NextAction(type="redirect", redirect_url=page) if page else None


def charged(order: Order, operation: Operation) -> Reply:
    """What became of a charge; `approved` while the shopper has agreed and money is to be set aside or taken."""
    aside = order.authorization
    if aside is None and order.status == "VOIDED":
        return Reply(outcome="failed", code="abandoned")
    if aside is None:
        return Reply(outcome="processing", reference=order.id, approved=True) if order.status == "APPROVED" else NEVER
    taken = _named(order.made.captures, operation.idempotency_ref)
    if taken:
        return moved(taken, order.id)
    if aside.status in {"DENIED", "VOIDED", "PENDING"}:
        return moved(aside, order.id)
    if operation.kind == "authorize":
        return Reply(outcome="succeeded", reference=order.id)
    return Reply(outcome="processing", reference=order.id, approved=True)


def captured(order: Order, ref: str) -> Reply:
    """What became of a later capture."""
    taken = _named(order.made.captures, ref)
    if taken:
        return moved(taken, taken.id)
    aside = order.authorization
    return NEVER if aside and aside.status in {"CREATED", "PARTIALLY_CAPTURED"} else GONE


def voided(order: Order | None) -> Reply:
    """What became of a void; of an order that was never taken nothing can be taken without us."""
    aside = order.authorization if order else None
    if aside is None or aside.status in {"VOIDED", "DENIED"}:
        return Reply(outcome="succeeded", reference=order.id if order else None)
    return Reply(outcome="failed", code="paid") if aside.status == "CAPTURED" else NEVER


def refunded(refunds: Sequence[Movement], operation: Operation) -> Reply:
    """What became of a refund, which may have been paid out of several captures."""
    made = same_refund(refunds, operation.idempotency_ref)
    standing = [one for one in made if one.outcome != "failed"]
    if sum(one.minor for one in standing) < operation.amount_minor:
        refused = [one for one in made if one not in standing and one.ref == operation.idempotency_ref]
        return Reply(outcome="failed", code="refund_refused") if refused else NEVER
    waits = any(one.outcome == "processing" for one in standing)
    return Reply(outcome="processing" if waits else "succeeded", reference=standing[0].id)


def same_refund(refunds: Iterable[Movement], ref: str) -> list[Movement]:
    """What was paid back for a refund, by whichever of its tries."""
    this = ":".join(ref.split(":")[:2]) + ":"
    return [one for one in refunds if one.invoice_id.startswith(this)]


def refundable(order: Order, ref: str, amount: int) -> list[tuple[str, int]]:
    """Which captures pay how much of what a refund still owes: one that has enough, else as many as it takes."""
    standing = [one for one in order.made.refunds if one.outcome != "failed"]
    owed = amount - sum(one.minor for one in same_refund(standing, ref))
    room = [(one.id, one.minor - _back(standing, one)) for one in order.made.captures if one.outcome == "succeeded"]
    enough = min((one for one in room if one[1] >= owed), key=lambda one: one[1], default=None)
    shares = []
    for capture, left in [enough] if enough else room:
        if min(left, owed) > 0:
            shares.append((capture, min(left, owed)))
            owed -= shares[-1][1]
    return shares


def _back(refunds: Iterable[Movement], capture: Movement) -> int:
    return sum(
        one.minor
        for one in refunds
        if any(link.rel == "up" and link.href.rpartition("/")[2] == capture.id for link in one.links)
    )


def listed(transactions: Iterable[Transaction]) -> list[Listed]:
    """Our operations in PayPal's list; what one refund took out of several captures is one."""
    found: dict[str, Listed] = {}
    for one in transactions:
        moves = one.transaction_event_code.startswith((TAKEN, GIVEN_BACK))
        if not (moves and one.invoice_id and one.transaction_amount and one.transaction_initiation_date):
            continue
        ref, amount = one.ref, abs(minor(one.transaction_amount))
        found[ref] = Listed(
            idempotency_ref=ref,
            amount_minor=amount + (found[ref].amount_minor if ref in found else 0),
            currency=one.transaction_amount.currency_code,
            outcome=_LISTED.get(one.transaction_status, "unknown"),
            at=one.transaction_initiation_date,
        )
    return list(found.values())


def _named(movements: Iterable[Movement], ref: str) -> Movement | None:
    return next((one for one in movements if one.ref == ref), None)


def moved(one: Movement, reference: str) -> Reply:
    outcome = one.outcome
    return Reply(outcome=outcome, reference=reference, code=DECLINED if outcome == "failed" else None)


NEVER = Reply(outcome="never received")
GONE = Reply(outcome="failed", code="authorization_gone")
