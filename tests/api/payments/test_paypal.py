"""R-PAY-1: the adapter of PayPal before its stand-in, which holds every exchange against PayPal's documents."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from api.errors import SignatureInvalid
from api.payments.gateway import Kind, Operation, Reply
from api.payments.paypal_gateway import PayPal
from api.settings import GatewaySettings
from tests.api.payments.paypal.standin import CLIENT, SECRET, WEBHOOK_ID, PayPalPeer, paypal, transmission

BACK = "https://shop.example/thanks"


@pytest.fixture(scope="module")
def peer() -> Iterator[PayPalPeer]:
    """PayPal's place."""
    with paypal() as one:
        yield one


def settings(**changed: Any) -> GatewaySettings:
    told = {
        "gateways": "paypal", "paypal_client_id": CLIENT, "paypal_secret": SECRET, "paypal_webhook_id": WEBHOOK_ID,
    } | changed  # fmt: skip
    return GatewaySettings.model_validate(told)


@pytest.fixture
async def gateway(peer: PayPalPeer) -> AsyncIterator[PayPal]:
    """The adapter before it."""
    one = PayPal(settings(paypal_url=peer.address))
    yield one
    await one.close()


_numbers = count(1)


def operation(kind: Kind = "capture", ref: str | None = None, **changed: Any) -> Operation:
    told: dict[str, Any] = {"payment_id": UUID(int=1), "amount_minor": 1200, "currency": "GBP"} | changed
    return Operation(idempotency_ref=ref or f"charge:{uuid4()}", kind=kind, **told)


async def opened(gateway: PayPal, kind: Kind = "capture", **changed: Any) -> Operation:
    """A charge whose order is open, and waits for the shopper."""
    charge = operation(kind, return_url=BACK, **changed)
    reply = await gateway.prepare(charge)
    assert (reply.outcome, reply.next_action is None) == ("processing", False)
    return operation(kind, charge.idempotency_ref, reference=reply.reference, **changed)


async def approved(gateway: PayPal, peer: PayPalPeer, kind: Kind = "capture", **changed: Any) -> Operation:
    charge = await opened(gateway, kind, **changed)
    peer.approve(charge.reference or "")
    return charge


def after(charge: Operation, kind: Kind, word: str, minor: int) -> Operation:
    ref = f"{word}:{uuid4()}:{uuid4()}"
    return operation(kind, ref, reference=charge.reference, amount_minor=minor, currency=charge.currency)


async def test_money_is_taken_once_the_shopper_approved(gateway: PayPal, peer: PayPalPeer) -> None:
    """R-PAY-3: nothing before; approved, taken, and a repeat finds the same; asked again it is no other."""
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
    assert len(peer.tokens) == 1, "a token is kept until it ends"


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


async def test_what_paypal_does_not_take_is_declined(gateway: PayPal, peer: PayPalPeer) -> None:
    """No such currency, parts of a forint, or no shopper to approve: nothing is sent."""
    before = len(peer.calls)
    for changed, code in (
        ({"currency": "IDR"}, "amount_not_payable"),
        ({"currency": "HUF", "amount_minor": 1234}, "amount_not_payable"),
        ({"attended": False}, "shopper_needed"),
    ):
        refused = await gateway.prepare(operation(**changed))
        assert (refused.outcome, refused.code) == ("failed", code)
    assert len(peer.calls) == before
    assert (await gateway.pay_out(operation())).code == "no_account"


@pytest.mark.parametrize(
    ("currency", "minor", "value"), [("JPY", 500, "500"), ("HUF", 120_000, "1200"), ("USD", 5, "0.05")]
)
async def test_money_is_written_as_paypal_does(
    gateway: PayPal, peer: PayPalPeer, currency: str, minor: int, value: str
) -> None:
    """R-API-5: with as many digits as PayPal has for a currency, and read back."""
    charge = await approved(gateway, peer, currency=currency, amount_minor=minor)
    await gateway.authorize(charge, None)
    assert peer.account.orders[charge.reference or ""]["purchase_units"][0]["amount"]["value"] == value
    assert (
        await gateway.refund(after(charge, "refund", "refund", minor), charge.reference or "")
    ).outcome == "succeeded"


async def test_an_order_that_paypal_forgot_takes_nothing(gateway: PayPal) -> None:
    """It forgets those that nobody approved."""
    gone = operation(reference="0000000000000000X")
    assert await gateway.query(gone) == await gateway.authorize(gone, None) == Reply(outcome="never received")
    assert (
        await gateway.void(operation("void", "abandon:1:1", reference=gone.reference), "0000X")
    ).outcome == "succeeded"
    assert await gateway.query(operation(reference=None)) == Reply(outcome="never received")


async def test_a_token_that_was_called_back_is_renewed(gateway: PayPal, peer: PayPalPeer) -> None:
    """401 is no word about a payment; the next try has a new token."""
    await opened(gateway)
    peer.tokens.clear()
    with pytest.raises(ConnectionError):
        await opened(gateway)
    await opened(gateway)
    assert len(peer.tokens) == 1


async def test_a_paypal_that_is_away_is_no_decline() -> None:
    """R-PAY-3: no answer is an OSError, which the guard counts and repeats."""
    away = PayPal(settings(paypal_url="http://127.0.0.1:9", gateway_call_s=2))
    now = datetime.now(UTC)
    known = operation(reference="O1")
    for call in (
        away.prepare(operation()), away.authorize(known, None), away.capture(known, "O1"), away.void(known, "O1"),
        away.refund(known, "O1"), away.query(known), away.listed(now - timedelta(days=1), now),
        away.verify(transmission(), b"{}"),
    ):  # fmt: skip
        with pytest.raises(ConnectionError):
            await call
    await away.close()


async def test_webhooks_are_paypals_own(gateway: PayPal, peer: PayPalPeer) -> None:
    """R-PAY-7: PayPal says whether it sent it; late, changed or unsigned ones are refused, old ones without asking."""
    charge = await approved(gateway, peer)
    await gateway.authorize(charge, None)
    for headers, body in peer.sent[-3:]:
        notice = await gateway.verify(headers, body)
        assert (notice.idempotency_ref, notice.unreadable) == (charge.idempotency_ref, "")
    late = (datetime.now(UTC) - timedelta(seconds=400)).isoformat()
    for forged in (
        transmission(),
        {},
        headers | {"paypal-transmission-time": late},
        headers | {"paypal-transmission-time": "now"},
        {name: value for name, value in headers.items() if name != "paypal-cert-url"},
    ):
        with pytest.raises(SignatureInvalid):
            await gateway.verify(forged, body)
    for other in (body.replace(b"12.00", b"99.00"), b"[]", b"\xff", b""):
        with pytest.raises(SignatureInvalid):
            await gateway.verify(headers, other)
    peer._tell("CUSTOMER.DISPUTE.CREATED", {"id": "PP-1"})
    assert (await gateway.verify(*peer.sent[-1])).unreadable


async def test_paypals_list_names_our_operations(gateway: PayPal, peer: PayPalPeer) -> None:
    """R-PAY-15: what was taken and given back, a refund out of two captures as one; spans longer than 31 days."""
    charge = await approved(gateway, peer, "authorize")
    await gateway.authorize(charge, None)
    first, second = (after(charge, "capture", "capture", minor) for minor in (500, 700))
    for part in (first, second):
        await gateway.capture(part, charge.reference or "")
    back = after(charge, "refund", "refund", 1200)
    await gateway.refund(back, charge.reference or "")
    now = datetime.now(UTC)
    told = await gateway.listed(now - timedelta(days=40), now + timedelta(minutes=1))
    found = {one.idempotency_ref: (one.amount_minor, one.currency, one.outcome) for one in told}
    for one, minor in ((first, 500), (second, 700), (back, 1200)):
        assert found[one.idempotency_ref] == (minor, "GBP", "succeeded")
    assert charge.idempotency_ref not in found


@pytest.mark.parametrize("told", [{"gateways": "paypal"}, {"gateways": "test,paypal", "paypal_client_id": "a"}])
def test_a_paypal_that_is_not_set_up_stops_the_start(told: dict[str, str]) -> None:
    """Its variables are named."""
    with pytest.raises(ValidationError, match="ATLANTIC_PAYPAL_CLIENT_ID"):
        GatewaySettings.model_validate(told)
