"""R-PAY-1: payments through PayPal, from the shopper's side, with a stand-in that keeps orders in PayPal's place.

The shopper's approval on PayPal's page is played by a call to the stand-in.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api import db as database
from api.payments import service as payments
from api.payments.paypal_gateway import PayPal
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.payments.looking import Db, read, sales
from tests.api.payments.paypal.asking import settings
from tests.api.payments.paypal.shopping import confirm, made, order_of, succeeded
from tests.api.payments.paypal.standin import CLIENT, SECRET, WEBHOOK_ID, PayPalPeer, transmission
from tests.api.running import sweeping
from tests.api.serving import serving
from tests.line import eventually

Sweep = Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, peer: PayPalPeer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api with PayPal beside the test gateway; PayPal's webhooks come to it when a test says so."""
    told: dict[str, Any] = {
        "rate_limits": False, "kafka_bootstrap": NOBODY_LISTENS, "home": tmp_path_factory.mktemp("home"),
        "platform_currency": "GBP", "gateways": "test,paypal", "paypal_client_id": CLIENT, "paypal_secret": SECRET,
        "paypal_webhook_id": WEBHOOK_ID, "paypal_url": peer.address,
        "gateway_repeat_s": 0.02, "breaker_failures": 99, "breaker_calls": 999,
    }  # fmt: skip
    with serving(**told) as address:
        yield address


@pytest.fixture
def hooked(api: str, peer: PayPalPeer) -> Iterator[PayPalPeer]:
    """PayPal sends its webhooks to the api."""
    peer.hook = f"{api}/v1/payments/webhook"
    yield peer
    peer.hook = ""


@pytest.fixture
def payment(shopper: httpx2.Client, seller: httpx2.Client, peer: PayPalPeer) -> dict[str, Any]:
    """A payment of 24.00, opened at PayPal: where the shopper approves it is said."""
    shop.put_in_cart(shopper, shop.product(seller, price=2400, stock=1), 1)
    wish = {
        "order_id": shop.checkout(shopper)["id"], "payment_method": "paypal", "return_url": "https://shop.example/thanks",
    }  # fmt: skip
    begun: dict[str, Any] = shopper.post("/payments/intent", json=wish).raise_for_status().json()
    assert (begun["gateway"], begun["payment_method"], begun["status"]) == ("paypal", "paypal", "pending")
    assert begun["next_action"] == {"type": "redirect", "redirect_url": begun["redirect_url"]}
    assert begun["redirect_url"].startswith(f"{peer.address}/checkoutnow?token=")
    return begun


@pytest.fixture
def gateway(peer: PayPalPeer) -> Callable[[], PayPal]:
    """An adapter as the reactor has one."""
    return partial(PayPal, settings(paypal_url=peer.address))


@pytest.fixture
def sweep(pg: str, gateway: Callable[[], PayPal]) -> Sweep:
    """A sweeper that asks at PayPal, while its block runs."""
    return lambda: sweeping(pg, gateway())


def test_who_comes_back_from_paypal_has_paid(
    shopper: httpx2.Client, payment: dict[str, Any], peer: PayPalPeer, db: Db
) -> None:
    """Pending until the shopper approved; then taken once, and the order stands on it."""
    early = confirm(shopper, payment).raise_for_status().json()
    assert (early["status"], early["next_action"]) == ("pending", payment["next_action"])
    peer.approve(order_of(payment))
    paid = confirm(shopper, payment).raise_for_status().json()
    assert (paid["status"], paid["captured_minor"], paid["next_action"]) == ("success", 2400, None)
    assert (confirm(shopper, payment).status_code, sales(db, payment)) == (409, 1)
    assert made(peer, payment, "captures") == [("24.00", "COMPLETED")]


def test_who_does_not_come_back_has_paid_too(
    shopper: httpx2.Client, payment: dict[str, Any], hooked: PayPalPeer, db: Db
) -> None:
    """R-PAY-6: the webhook of the approval is enough, and those of the money are one effect, sent again as well."""
    hooked.approve(order_of(payment))
    eventually(lambda: read(shopper, payment)["status"] == "success", within=15)
    for headers, body in hooked.sent[-3:] * 2:
        again = shopper.post("/payments/webhook", content=body, headers=headers)
        assert (again.status_code, again.json()) == (200, {"received": True})
    assert (sales(db, payment), made(hooked, payment, "captures")) == (1, [("24.00", "COMPLETED")])


def test_the_return_and_the_webhook_are_one_effect(
    shopper: httpx2.Client, payment: dict[str, Any], hooked: PayPalPeer, db: Db
) -> None:
    """R-PAY-6: both at the same moment."""
    hooked.approve(order_of(payment))
    assert confirm(shopper, payment).status_code in {200, 409}
    eventually(lambda: read(shopper, payment)["status"] == "success", within=15)
    assert (sales(db, payment), made(hooked, payment, "authorizations")) == (1, [("24.00", "CAPTURED")])


def test_parts_are_taken_of_what_is_set_aside(
    shopper: httpx2.Client, payment: dict[str, Any], operator: httpx2.Client, peer: PayPalPeer, db: Db
) -> None:
    """R-PAY-16, E-PAY-9: approved to be set aside only; two parts make the sale."""
    db.execute("UPDATE payment_operations SET kind = 'authorize' WHERE payment_id = %s", [payment["id"]])
    peer.approve(order_of(payment))
    aside = confirm(shopper, payment).raise_for_status().json()
    assert (aside["status"], aside["authorized_minor"], aside["captured_minor"]) == ("processing", 2400, 0)
    shop.sign_in_again(operator)
    for minor, status in ((1001, "processing"), (1399, "success")):
        taken = operator.post(
            f"/payments/{payment['id']}/capture",
            json={"amount_minor": minor},
            headers={"Idempotency-Key": str(uuid4())},
        )
        assert taken.raise_for_status().json()["status"] == status
    assert made(peer, payment, "captures") == [("10.01", "COMPLETED"), ("13.99", "COMPLETED")]


def test_a_forged_webhook_does_nothing(shopper: httpx2.Client, payment: dict[str, Any], peer: PayPalPeer) -> None:
    """R-PAY-7: refused, late ones too; while PayPal cannot be asked, it is to come again."""
    peer.approve(order_of(payment))
    headers, body = peer.sent[-1]
    late = (datetime.now(UTC) - timedelta(seconds=301)).isoformat()
    for forged in (transmission(), headers | {"paypal-transmission-time": late}):
        refused = shopper.post("/payments/webhook", content=body, headers=forged)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/signature-invalid")
    peer.away.set()
    try:
        later = shopper.post("/payments/webhook", content=body, headers=headers)
    finally:
        peer.away.clear()
    assert (later.status_code, later.json()["gateway"]) == (503, "paypal")
    assert read(shopper, payment)["status"] == "pending"


def test_a_decline_is_final(shopper: httpx2.Client, payment: dict[str, Any], peer: PayPalPeer) -> None:
    """R-PAY-5: with PayPal's reason; approved once more, nothing is taken."""
    peer.approve(order_of(payment))
    peer.account.declines = "INSTRUMENT_DECLINED"
    refused = confirm(shopper, payment)
    assert (refused.status_code, refused.json()["reason"]) == (402, "instrument_declined")
    peer.approve(order_of(payment))
    shopper.post("/payments/webhook", content=peer.sent[-1][1], headers=peer.sent[-1][0]).raise_for_status()
    assert (read(shopper, payment)["status"], made(peer, payment, "authorizations")) == ("failed", [])


def test_a_lost_answer_is_asked_for(
    shopper: httpx2.Client, payment: dict[str, Any], peer: PayPalPeer, sweep: Sweep, db: Db
) -> None:
    """R-PAY-3: money was set aside, and no answer came; found by its order, taken once."""
    peer.approve(order_of(payment))
    peer.breaks.set()
    assert confirm(shopper, payment).raise_for_status().json()["status"] == "processing"
    assert made(peer, payment, "authorizations") == [("24.00", "CREATED")]
    peer.away.clear()
    with sweep():
        eventually(lambda: read(shopper, payment)["status"] == "success", within=20)
    assert (sales(db, payment), made(peer, payment, "captures")) == (1, [("24.00", "COMPLETED")])


def test_who_does_not_approve_can_pay_no_more(
    shopper: httpx2.Client, payment: dict[str, Any], peer: PayPalPeer, sweep: Sweep, db: Db
) -> None:
    """9.4: expired; who approves then pays nothing."""
    db.execute("UPDATE payments SET expires_at = now() WHERE id = %s", [payment["id"]])
    with sweep():
        eventually(lambda: read(shopper, payment)["status"] == "expired", within=15)
    peer.approve(order_of(payment))
    shopper.post("/payments/webhook", content=peer.sent[-1][1], headers=peer.sent[-1][0]).raise_for_status()
    assert (confirm(shopper, payment).status_code, made(peer, payment, "authorizations")) == (410, [])


def test_money_goes_back_and_both_sides_agree(
    shopper: httpx2.Client, payment: dict[str, Any], operator: httpx2.Client, peer: PayPalPeer, sweep: Sweep
) -> None:
    """R-PAY-12: parts are refunded."""
    peer.approve(order_of(payment))
    confirm(shopper, payment).raise_for_status()
    shop.sign_in_again(operator)
    for minor in (900, 1500):
        wish = {"payment_id": payment["id"], "amount_minor": minor, "reason": "a scratch"}
        refund = operator.post("/refunds", json=wish).raise_for_status().json()["id"]
        with sweep():
            eventually(partial(succeeded, operator, refund), within=15)
    assert made(peer, payment, "refunds") == [("9.00", "COMPLETED"), ("15.00", "COMPLETED")]
    assert (read(shopper, payment)["status"], made(peer, payment, "captures")) == ("refunded", [("24.00", "REFUNDED")])


async def test_paypals_list_beside_ours(
    shopper: httpx2.Client, payment: dict[str, Any], peer: PayPalPeer, gateway: Callable[[], PayPal], pg: str
) -> None:
    """R-PAY-15: equal; an amount that differs there is named. PayPal's list is three hours late."""
    peer.approve(order_of(payment))
    confirm(shopper, payment).raise_for_status()
    guard, pool, now = payments.Guard(gateway()), database.engine(pg, size=2), datetime.now(UTC)
    span = now - timedelta(days=1), now + timedelta(minutes=1)
    try:
        assert await payments.compare(pool, guard, *span) == []
        taken = peer.account.orders[order_of(payment)]["purchase_units"][0]["payments"]["captures"][0]
        taken["amount"]["value"] = "24.01"
        found = await payments.compare(pool, guard, *span)
        assert [(one.idempotency_ref, one.what) for one in found] == [(f"charge:{payment['id']}", "amount")]
        assert payments.last_days(guard, 2)[1] <= datetime.now(UTC) - timedelta(hours=3)
    finally:
        taken["amount"]["value"] = "24.00"
        await guard.provider.close()
        await pool.dispose()


def test_a_paypal_that_is_away_costs_no_payment(
    shopper: httpx2.Client, seller: httpx2.Client, peer: PayPalPeer
) -> None:
    """503 for the intent, and for its confirmation; the same payment once it is back. Nobody else finds it."""
    shop.put_in_cart(shopper, shop.product(seller, price=2400, stock=1), 1)
    wish = {"order_id": shop.checkout(shopper)["id"], "payment_method": "paypal"}
    peer.away.set()
    try:
        refused = shopper.post("/payments/intent", json=wish)
    finally:
        peer.away.clear()
    assert (refused.status_code, refused.json()["gateway"]) == (503, "paypal")
    begun = read(shopper, wish)
    assert confirm(shopper, begun).status_code == 503
    assert confirm(seller, begun).status_code == 404
    again = shopper.post("/payments/intent", json=wish).raise_for_status().json()
    assert (again["id"], again["redirect_url"] is None) == (begun["id"], False)


def test_paypal_takes_no_cards(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """A card goes elsewhere, and fills the wallet there; a gateway that does not take the method is named."""
    shop.put_in_cart(shopper, shop.product(seller, price=2400, stock=1), 1)
    wish = {"order_id": shop.checkout(shopper)["id"]}
    refused = shopper.post("/payments/intent", json=wish | {"gateway": "paypal"})
    assert refused.json()["errors"][0]["message"] == "no such gateway for card here; there are: test"
    filled = {"amount_minor": 500, "currency": "GBP", "gateway_token": shop.APPROVED}
    assert shopper.post("/wallet/top-ups", json=filled).json()["status"] == "succeeded"
