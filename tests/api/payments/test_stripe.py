"""R-PAY-1: the adapter of Stripe against Stripe's own check of requests, and Stripe's words as ours.

The check (stripe-mock) refuses whatever Stripe's OpenAPI document does not allow, and remembers nothing: it proves that
Stripe understands us. How a payment goes is in `test_stripe_payments`.
"""

import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import stripe
from pydantic import ValidationError

from api.errors import SignatureInvalid
from api.payments import stripe_words as words
from api.payments.gateway import Kind, Operation, Reply
from api.payments.stripe_gateway import Stripe
from api.settings import GatewaySettings
from tests.api.payments.peers import stripe_mock

SECRET = "whsec_of_a_test"
INTENT = "pi_1"


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """Stripe's check of requests."""
    with stripe_mock() as address:
        yield address


def settings(**changed: Any) -> GatewaySettings:
    told = {"gateways": "stripe", "stripe_key": "sk_test_1", "stripe_webhook_secret": SECRET} | changed
    return GatewaySettings.model_validate(told)


Sent = list[tuple[str, str, dict[str, str], int]]


@pytest.fixture
async def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What was sent to Stripe: method, path, headers and the status of the answer."""
    calls: Sent = []
    original = stripe.AIOHTTPClient.request_async

    async def request(self: Any, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        answer = await original(self, method, url, headers, post_data)
        calls.append((method, url.partition("/v1/")[2].partition("?")[0], dict(headers), answer[1]))
        return answer

    monkeypatch.setattr(stripe.AIOHTTPClient, "request_async", request)
    return calls


@pytest.fixture
async def gateway(mock: str, sent: Sent) -> AsyncIterator[Stripe]:
    """The adapter before Stripe's check."""
    one = Stripe(settings(stripe_url=mock))
    yield one
    await one.close()


def operation(kind: Kind = "capture", ref: str = "charge:1", **changed: Any) -> Operation:
    told: dict[str, Any] = {
        "payment_id": UUID(int=1),
        "amount_minor": 1200,
        "currency": "GBP",
        "reference": INTENT,
    } | changed
    return Operation(idempotency_ref=ref, kind=kind, **told)


async def test_stripe_understands_every_call(gateway: Stripe, sent: Sent) -> None:
    """R-PAY-1: none is refused, each that moves money has our reference as its key, and none carries telemetry."""
    for kind in ("capture", "authorize"):
        opened = await gateway.prepare(operation(kind, reference=None))
        assert (opened.outcome, opened.reference is None, opened.client_secret is None) == ("processing", False, False)
    back = "https://shop.example/thanks"
    await gateway.authorize(operation(return_url=back), "pm_card_visa")
    await gateway.authorize(operation("top_up", "topup:1", attended=False), "ctoken_1")
    await gateway.authorize(operation(), None)
    await gateway.capture(operation(ref="capture:1:1"), INTENT)
    await gateway.void(operation("void", "void:1:1"), INTENT)
    await gateway.refund(operation("refund", "refund:1:1:1"), INTENT)
    asked: tuple[tuple[Kind, str], ...] = (
        ("capture", "charge:1"),
        ("refund", "refund:1:1:1"),
        ("void", "void:1:1"),
        ("capture", "capture:1:1"),
    )
    for kind, ref in asked:
        await gateway.query(operation(kind, ref))
    now = datetime.now(UTC)
    await gateway.listed(now - timedelta(days=2), now)
    assert not [(method, path) for method, path, _, status in sent if status != 200]
    keys = {path: headers["Idempotency-Key"] for method, path, headers, _ in sent if method == "post"}
    assert keys["payment_intents"] == "charge:1"
    assert keys[f"payment_intents/{INTENT}/confirm"] == "topup:1:confirm"
    assert (keys[f"payment_intents/{INTENT}/capture"], keys["refunds"]) == ("capture:1:1", "refund:1:1:1")
    assert not [headers for *_, headers, _ in sent if "X-Stripe-Client-Telemetry" in headers]
    assert all("platform" not in json.loads(headers["X-Stripe-Client-User-Agent"]) for *_, headers, _ in sent)


async def test_a_stripe_that_is_away_is_no_decline(sent: Sent) -> None:
    """R-PAY-3: no answer is an OSError, which the guard counts and repeats; sellers are not paid through it."""
    away = Stripe(settings(stripe_url="http://127.0.0.1:9", gateway_call_s=2))
    for call in (
        away.prepare(operation()), away.authorize(operation(), "pm_card_visa"), away.capture(operation(), INTENT),
        away.void(operation(), INTENT), away.refund(operation(), INTENT), away.query(operation()),
        away.listed(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)),
        away.listed(datetime.now(UTC) - timedelta(days=31), datetime.now(UTC)),
    ):  # fmt: skip
        with pytest.raises(ConnectionError):
            await call
    assert (await away.pay_out(operation())).code == "no_account"
    assert await away.query(operation(reference=None)) == Reply(outcome="never received")
    assert sent == []
    await away.close()


async def test_what_stripe_cannot_charge_is_declined(gateway: Stripe, sent: Sent) -> None:
    """Thousandths of a dinar go in tens; nothing is sent."""
    refused = await gateway.prepare(operation(currency="KWD", amount_minor=1234))
    assert (refused.outcome, refused.code, sent) == ("failed", "amount_not_payable", [])


def event(kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    return {"id": "evt_1", "object": "event", "type": kind, "created": 1_700_000_000, "data": {"object": thing}}


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    moment = int(at or time.time())
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
    return {"stripe-signature": f"t={moment},v1={digest}"}


async def test_webhooks_are_stripes_own() -> None:
    """R-PAY-7: signed, fresh, and naming an operation of ours."""
    gateway = Stripe(settings())
    body = json.dumps(event("payment_intent.succeeded", {"id": INTENT, "metadata": {words.REF: "charge:1"}})).encode()
    notice = await gateway.verify(signed(body), body)
    assert (notice.event_id, notice.idempotency_ref, notice.unreadable) == ("evt_1", "charge:1", "")
    for headers in (
        {},
        signed(body, secret="another"),
        signed(body, at=time.time() - 400),
        {"stripe-signature": "t=x"},
    ):
        with pytest.raises(SignatureInvalid):
            await gateway.verify(headers, body)
    with pytest.raises(SignatureInvalid):
        await gateway.verify(signed(b"\xff"), b"\xff")
    strange = json.dumps(event("customer.created", {"id": "cus_1"})).encode()
    for odd in (b"{", b"[]", b"{}", b'{"id":"evt_2","data":{"object":null}}', strange):
        assert (await gateway.verify(signed(odd), odd)).unreadable, odd


@pytest.mark.parametrize("told", [{"gateways": "adyen"}, {"gateways": "test,stripe"}, {"gateways": ""}])
def test_a_gateway_that_is_not_set_up_stops_the_start(told: dict[str, str]) -> None:
    """Its variable is named."""
    with pytest.raises(ValidationError, match=r"ATLANTIC_GATEWAYS|ATLANTIC_STRIPE_KEY|gateways"):
        GatewaySettings.model_validate(told)
