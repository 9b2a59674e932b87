"""R-PAY-1: money through the adapter of PayPal: taken, let go, given back, declined.

Its stand-in holds every exchange against what PayPal documents.
"""

import asyncio
from uuid import uuid4

import pytest

from api.payments.gateway import Reply
from api.payments.paypal_gateway import PayPal
from tests.api.payments.paypal.asking import BACK, after, approved, opened, operation
from tests.api.payments.paypal.standin import PayPalPeer


async def test_money_is_taken_once_the_shopper_approved(gateway: PayPal, peer: PayPalPeer) -> None:
    """R-PAY-3: nothing before; approved, taken, and a repeat finds the same; asked again it is no other."""
    before = len(peer.tokens)
    charge = await opened(gateway)
    assert await gateway.query(charge) == Reply(outcome="never received")
    assert (await gateway.authorize(charge, None)).outcome == "never received"
    peer.approve(charge.reference or "")
    assert ((await gateway.query(charge)).outcome, (await gateway.query(charge)).approved) == ("processing", True)
    for _ in range(2):
        assert await gateway.authorize(charge, None) == Reply(outcome="succeeded", reference=charge.reference)
    assert (await gateway.query(charge)).outcome == "succeeded"
    made = peer.account.orders[charge.reference or ""]["purchase_units"][0]["payments"]
    assert [one["amount"] for one in made["captures"]] == [{"currency_code": "GBP", "value": "12.00"}]
    again = await gateway.prepare(operation(ref=charge.idempotency_ref, return_url=BACK))
    assert again.reference == charge.reference
    assert len(peer.tokens) == before + 1, "a token is kept until it ends"


@pytest.mark.parametrize("forgets", [False, True])
async def test_two_at_once_take_it_once(gateway: PayPal, peer: PayPalPeer, *, forgets: bool) -> None:
    """R-PAY-6: the return and the webhook; whoever comes second declines nothing, without request ids either."""
    charge = await approved(gateway, peer)
    if forgets:
        peer.forgets.set()
    try:
        replies = await asyncio.gather(*(gateway.authorize(charge, None) for _ in range(3)))
    finally:
        peer.forgets.clear()
    assert {"succeeded"} <= {reply.outcome for reply in replies} <= {"succeeded", "unknown"}
    made = peer.account.orders[charge.reference or ""]["purchase_units"][0]["payments"]
    assert [one["status"] for one in (*made["authorizations"], *made["captures"])] == ["CAPTURED", "COMPLETED"]


async def test_parts_are_captured_and_the_rest_is_let_go(gateway: PayPal, peer: PayPalPeer) -> None:
    """R-PAY-16: set aside, two parts taken, the rest voided; more than there is, or after that, is refused."""
    charge = await approved(gateway, peer, "authorize")
    assert (await gateway.authorize(charge, None)).outcome == "succeeded"
    order = charge.reference or ""
    for minor in (500, 300):
        part = after(charge, "capture", "capture", minor)
        assert await gateway.query(part) == Reply(outcome="never received")
        reply = await gateway.capture(part, order)
        assert (reply.outcome, reply.rest_released) == ("succeeded", False)
        assert await gateway.capture(part, order) == await gateway.query(part) == reply
    assert (
        await gateway.capture(after(charge, "capture", "capture", 401), order)
    ).code == "max_capture_amount_exceeded"
    end = after(charge, "void", "void", 400)
    assert await gateway.query(end) == Reply(outcome="never received")
    for _ in range(2):
        assert (await gateway.void(end, order)).outcome == "succeeded"
    assert (await gateway.query(end)).outcome == "succeeded"
    assert (await gateway.capture(after(charge, "capture", "capture", 1), order)).code == "authorization_gone"
    whole = after(charge, "refund", "refund", 800)
    assert (await gateway.refund(whole, order)).outcome == "succeeded", "out of both captures"
    assert (await gateway.query(whole)).outcome == "succeeded"
    assert (await gateway.refund(after(charge, "refund", "refund", 1), order)).outcome == "failed"


async def test_the_whole_rest_ends_an_authorization(gateway: PayPal, peer: PayPalPeer) -> None:
    """R-PAY-16: nothing is left to void then."""
    charge = await approved(gateway, peer, "authorize")
    await gateway.authorize(charge, None)
    await gateway.capture(after(charge, "capture", "capture", 1200), charge.reference or "")
    assert (await gateway.void(after(charge, "void", "void", 1), charge.reference or "")).code == "paid"


async def test_refunds_go_back_once(gateway: PayPal, peer: PayPalPeer) -> None:
    """R-PAY-10, R-PAY-12: a repeat pays nothing twice, nor does the next try of the same refund."""
    charge = await approved(gateway, peer)
    await gateway.authorize(charge, None)
    order, ref = charge.reference or "", f"refund:{uuid4()}:1"
    first = operation("refund", f"{ref}:1", reference=order, amount_minor=500)
    assert await gateway.query(first) == Reply(outcome="never received")
    peer.account.ends_as = "FAILED"
    assert (await gateway.refund(first, order)).code == (await gateway.query(first)).code == "refund_refused"
    second = operation("refund", f"{ref}:2", reference=order, amount_minor=500)
    peer.account.declines = "REFUND_FAILED_INSUFFICIENT_FUNDS"
    assert (await gateway.refund(second, order)).code == "insufficient_funds"
    for attempt in (2, 2, 3):
        again = operation("refund", f"{ref}:{attempt}", reference=order, amount_minor=500)
        assert (await gateway.refund(again, order)).outcome == "succeeded"
    assert len([one for one in peer.account.orders[order]["purchase_units"][0]["payments"]["refunds"]]) == 2
    peer.account.ends_as = "PENDING"
    assert (await gateway.refund(after(charge, "refund", "refund", 700), order)).outcome == "processing"


@pytest.mark.parametrize(
    ("issue", "code"),
    [
        ("INSTRUMENT_DECLINED", "instrument_declined"), ("TRANSACTION_REFUSED", "transaction_refused"),
        ("PAYER_CANNOT_PAY", "payer_cannot_pay"),
        ("PAYER_ACTION_REQUIRED", "authentication_required"), ("TRANSACTION_LIMIT_EXCEEDED", "amount_too_large"),
    ],
)  # fmt: skip
async def test_a_decline_has_a_reason(gateway: PayPal, peer: PayPalPeer, issue: str, code: str) -> None:
    """R-PAY-5: details.issue in our words."""
    charge = await approved(gateway, peer)
    peer.account.declines = issue
    assert await gateway.authorize(charge, None) == Reply(outcome="failed", code=code)


async def test_who_is_second_declines_nothing(gateway: PayPal, peer: PayPalPeer) -> None:
    """R-PAY-6: the other one has the money set aside, and takes it; what came of that is asked for."""
    charge = await approved(gateway, peer)
    peer.account.declines = "ORDER_ALREADY_AUTHORIZED"
    assert await gateway.authorize(charge, None) == Reply(outcome="unknown")
    assert (await gateway.authorize(operation(ref=charge.idempotency_ref), None)).outcome == "never received"


@pytest.mark.parametrize("decline", ["declines", "ends_as"])
async def test_what_was_set_aside_for_a_declined_capture_is_let_go(
    gateway: PayPal, peer: PayPalPeer, decline: str
) -> None:
    """R-PAY-5: refused at once, or made and declined."""
    charge = await approved(gateway, peer, "authorize")
    await gateway.authorize(charge, None)
    setattr(peer.account, decline, {"declines": "TRANSACTION_REFUSED", "ends_as": "DECLINED"}[decline])
    at_once = operation("capture", charge.idempotency_ref, reference=charge.reference)
    assert (await gateway.authorize(at_once, None)).outcome == "failed"
    made = peer.account.orders[charge.reference or ""]["purchase_units"][0]["payments"]
    assert [one["status"] for one in made["authorizations"]] == ["VOIDED"]


async def test_a_capture_may_be_decided_later(gateway: PayPal, peer: PayPalPeer) -> None:
    """Processing until PayPal says how it ended."""
    charge = await approved(gateway, peer)
    peer.account.ends_as = "PENDING"
    assert (await gateway.authorize(charge, None)).outcome == "processing"
    assert not (await gateway.query(charge)).approved
    peer.account.decide(charge.reference or "", "COMPLETED")
    assert (await gateway.query(charge)).outcome == "succeeded"
