"""R-PAY-1: what PayPal's adapter refuses, how it writes money and keeps its token, its webhooks and PayPal's list."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from api.errors import SignatureInvalid
from api.payments.gateway import Reply
from api.payments.paypal_gateway import PayPal
from api.settings import GatewaySettings
from tests.api.payments.paypal.asking import after, approved, opened, operation, settings
from tests.api.payments.paypal.standin import PayPalPeer, transmission


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
