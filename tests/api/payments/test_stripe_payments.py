"""R-PAY-1: payments through Stripe, from the shopper's side, with localstripe in Stripe's place.

localstripe keeps what it is told and signs its webhooks as Stripe does; it is a process of its own (its licence is the
GPL's). The shopper's browser, Stripe's own code there, is played by calls to it.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api.payments.stripe_gateway import Stripe
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.payments.looking import Db, read, sales
from tests.api.payments.peers import localstripe
from tests.api.payments.test_stripe import SECRET, settings
from tests.api.payments.todays_stripe import Speaker, speaking
from tests.api.running import sweeping
from tests.api.serving import serving
from tests.line import eventually

APPROVED, DECLINED, SECURE = "4242424242424242", "4000000000000341", "4000000000003220"
EVENTS = ["payment_intent.succeeded", "payment_intent.payment_failed"]


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    """Where the core finds Stripe."""
    with localstripe(tmp_path_factory.mktemp("stripe")) as address, speaking(address) as speaker:
        yield speaker


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, peer: Speaker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api that charges cards at Stripe, and may use the test gateway as well."""
    told: dict[str, Any] = {
        "rate_limits": False, "kafka_bootstrap": NOBODY_LISTENS, "home": tmp_path_factory.mktemp("home"),
        "platform_currency": "GBP", "gateways": "stripe,test", "stripe_key": "sk_test_1",
        "stripe_webhook_secret": SECRET, "stripe_url": peer.address, "gateway_repeat_s": 0.02, "breaker_failures": 99,
        "breaker_calls": 999,
    }  # fmt: skip
    with serving(**told) as address:
        yield address


@pytest.fixture(scope="module")
def browser(api: str, peer: Speaker) -> Iterator[httpx2.Client]:
    """What Stripe's code in the shopper's browser would call; its webhooks go to the api."""
    with httpx2.Client(base_url=peer.address, auth=("sk_test_1", "")) as client:
        hook = {"url": f"{api}/v1/payments/webhook", "secret": SECRET}
        hook |= {f"events[{number}]": event for number, event in enumerate(EVENTS)}
        client.post("/_config/webhooks/api", data=hook).raise_for_status()
        yield client


@pytest.fixture
def payment(shopper: httpx2.Client, seller: httpx2.Client) -> dict[str, Any]:
    """A payment of 24.00, opened at Stripe."""
    shop.put_in_cart(shopper, shop.product(seller, price=2400, stock=1), 1)
    wish = {"order_id": shop.checkout(shopper)["id"], "return_url": "https://shop.example/thanks"}
    begun: dict[str, Any] = shopper.post("/payments/intent", json=wish).raise_for_status().json()
    assert begun["gateway"] == "stripe"
    return begun


def card(browser: httpx2.Client, number: str) -> str:
    """The PaymentMethod that the browser gets for a card; its number never comes to us."""
    said = {"type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "40", "card[cvc]": "123"}
    method: str = browser.post("/v1/payment_methods", data=said).raise_for_status().json()["id"]
    return method


def intent_of(payment: dict[str, Any]) -> str:
    reference: str = payment["client_secret"].partition("_secret_")[0]
    return reference


def confirm(shopper: httpx2.Client, payment: dict[str, Any], token: str | None = None) -> httpx2.Response:
    said = {"payment_id": payment["id"]} | ({"gateway_token": token} if token else {})
    return shopper.post("/payments/confirm", json=said, headers={"Idempotency-Key": str(uuid4())})


@pytest.fixture
def stripe(peer: Speaker) -> Callable[[], Stripe]:
    """An adapter as the reactor has one."""
    return partial(Stripe, settings(stripe_url=peer.address))


def test_a_card_is_charged_once_and_refunded(  # noqa: PLR0917 - fixtures
    shopper: httpx2.Client, browser: httpx2.Client, payment: dict[str, Any], operator: httpx2.Client,
    stripe: Callable[[], Stripe], pg: str, db: Db,
) -> None:  # fmt: skip
    """R-PAY-6: the answer and the webhook make one sale; a part goes back to the card."""
    paid = confirm(shopper, payment, card(browser, APPROVED))
    assert (paid.status_code, paid.json()["status"], paid.json()["captured_minor"]) == (200, "success", 2400)
    told = "SELECT count(*) FROM provider_events WHERE provider = 'stripe' AND outcome = 'succeeded'"
    eventually(lambda: db.execute(told).fetchone() != (0,), within=15)
    assert sales(db, payment) == 1
    shop.sign_in_again(operator)
    wish = {"payment_id": payment["id"], "amount_minor": 900, "reason": "a scratch"}
    refund = operator.post("/refunds", json=wish).raise_for_status().json()["id"]
    with sweeping(pg, stripe()):
        eventually(lambda: operator.get(f"/refunds/{refund}").json()["status"] == "succeeded", within=15)
    back = browser.get("/v1/refunds", params={"payment_intent": intent_of(payment)}).json()["data"]
    assert [one["amount"] for one in back] == [900]


def test_a_decline_is_final_at_stripe_too(
    shopper: httpx2.Client, browser: httpx2.Client, payment: dict[str, Any]
) -> None:
    """R-PAY-5: the browser, which has the secret, can pay no more."""
    refused = confirm(shopper, payment, card(browser, DECLINED))
    assert (refused.status_code, refused.json()["reason"]) == (402, "card_declined")
    assert browser.get(f"/v1/payment_intents/{intent_of(payment)}").json()["status"] == "canceled"


def test_what_the_browser_paid_is_a_sale(
    shopper: httpx2.Client, browser: httpx2.Client, payment: dict[str, Any], db: Db
) -> None:
    """E-PAY-1's client_secret is enough: the webhook tells, also when the shopper never came back to say so."""
    assert confirm(shopper, payment).json()["status"] == "pending"
    said = {"payment_method": card(browser, APPROVED)}
    browser.post(f"/v1/payment_intents/{intent_of(payment)}/confirm", data=said).raise_for_status()
    eventually(lambda: read(shopper, payment)["status"] == "success", within=15)
    assert sales(db, payment) == 1


def test_three_d_secure_ends_in_the_browser(
    shopper: httpx2.Client, browser: httpx2.Client, payment: dict[str, Any], db: Db
) -> None:
    """Processing with `next_action` client, confirmed with the client_secret, told by the webhook."""
    waiting = confirm(shopper, payment, card(browser, SECURE)).raise_for_status().json()
    assert (waiting["status"], waiting["next_action"]) == ("processing", {"type": "client", "redirect_url": None})
    said = {"client_secret": payment["client_secret"], "success": "true"}
    browser.post(f"/v1/payment_intents/{intent_of(payment)}/_authenticate", data=said).raise_for_status()
    eventually(lambda: read(shopper, payment)["status"] == "success", within=15)
    assert (read(shopper, payment)["next_action"], sales(db, payment)) == (None, 1)


def test_three_d_secure_refused_is_found_out(  # noqa: PLR0917 - fixtures
    shopper: httpx2.Client, browser: httpx2.Client, payment: dict[str, Any], stripe: Callable[[], Stripe], pg: str,
    db: Db,
) -> None:  # fmt: skip
    """R-PAY-3: without a webhook the sweeper asks."""
    confirm(shopper, payment, card(browser, SECURE)).raise_for_status()
    said = {"client_secret": payment["client_secret"], "success": "false"}
    browser.post(f"/v1/payment_intents/{intent_of(payment)}/_authenticate", data=said).raise_for_status()
    db.execute("UPDATE payment_operations SET updated_at = now() - interval '30 s' WHERE payment_id = %s",
               [payment["id"]])  # fmt: skip
    with sweeping(pg, stripe()):
        eventually(lambda: read(shopper, payment)["status"] == "failed", within=15)
    assert read(shopper, payment)["failure_reason"] == "authentication_failed"


@pytest.mark.parametrize("number", [None, SECURE])
def test_who_does_not_come_back_can_pay_no_more(  # noqa: PLR0917 - fixtures
    shopper: httpx2.Client, browser: httpx2.Client, payment: dict[str, Any], stripe: Callable[[], Stripe], pg: str,
    db: Db, number: str | None,
) -> None:  # fmt: skip
    """9.4: opened or asked for 3-D Secure; cancelled at Stripe, and expired then."""
    if number:
        confirm(shopper, payment, card(browser, number)).raise_for_status()
    db.execute("UPDATE payments SET expires_at = now() WHERE id = %s", [payment["id"]])
    with sweeping(pg, stripe()):
        eventually(lambda: read(shopper, payment)["status"] == "expired", within=15)
    assert browser.get(f"/v1/payment_intents/{intent_of(payment)}").json()["status"] == "canceled"


def test_a_stripe_that_is_away_costs_no_payment(
    shopper: httpx2.Client, seller: httpx2.Client, browser: httpx2.Client, peer: Speaker
) -> None:
    """503 for the intent, and the same payment once it is back; a confirmation in between is undecided."""
    shop.put_in_cart(shopper, shop.product(seller, price=2400, stock=1), 1)
    wish, token = {"order_id": shop.checkout(shopper)["id"]}, card(browser, APPROVED)
    peer.away.set()
    try:
        refused = shopper.post("/payments/intent", json=wish)
    finally:
        peer.away.clear()
    assert (refused.status_code, refused.json()["gateway"]) == (503, "stripe")
    begun = shopper.post("/payments/intent", json=wish).raise_for_status().json()
    assert confirm(shopper, begun, token).json()["status"] == "success"


@pytest.fixture
def broken(peer: Speaker) -> Iterator[Speaker]:
    """Stripe takes the next confirmation, and its answer is lost."""
    peer.breaks.set()
    yield peer
    peer.breaks.clear()
    peer.away.clear()


def test_a_lost_answer_is_asked_for(  # noqa: PLR0917 - fixtures
    shopper: httpx2.Client, browser: httpx2.Client, payment: dict[str, Any], broken: Speaker,
    stripe: Callable[[], Stripe], pg: str, db: Db,
) -> None:  # fmt: skip
    """R-PAY-3: charged without an answer, found by its reference, one sale; of a top-up likewise."""
    first, second = card(browser, APPROVED), card(browser, APPROVED)
    assert confirm(shopper, payment, first).json()["status"] == "processing"
    broken.away.clear()
    said = {"amount_minor": 700, "currency": "GBP", "gateway_token": second}
    filled = shopper.post("/wallet/top-ups", json=said).raise_for_status().json()
    assert filled["status"] == "unknown"
    broken.away.clear()
    with sweeping(pg, stripe()):
        eventually(lambda: read(shopper, payment)["status"] == "success", within=15)
        eventually(lambda: shopper.get("/wallet").json()["items"][0]["balance_minor"] == 700, within=15)
    assert sales(db, payment) == 1


def test_a_wallet_is_filled_through_stripe(shopper: httpx2.Client, browser: httpx2.Client) -> None:
    """E-PAY-12: charged, or declined with the reason."""
    said = {"amount_minor": 700, "currency": "GBP"}
    filled = shopper.post("/wallet/top-ups", json=said | {"gateway_token": card(browser, APPROVED)})
    assert (filled.status_code, filled.json()["status"]) == (201, "succeeded")
    refused = shopper.post("/wallet/top-ups", json=said | {"gateway_token": card(browser, DECLINED)})
    assert (refused.status_code, refused.json()["reason"]) == (402, "card_declined")


def test_the_shopper_may_choose_among_gateways(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """E-PAY-1: `gateway`; those that there are are named otherwise."""
    shop.put_in_cart(shopper, shop.product(seller, price=2400, stock=1), 1)
    wish = {"order_id": shop.checkout(shopper)["id"]}
    refused = shopper.post("/payments/intent", json=wish | {"gateway": "paypal"})
    assert refused.json()["errors"][0]["message"] == "no such gateway for card here; there are: stripe, test"
    chosen = shopper.post("/payments/intent", json=wish | {"gateway": "test"}).raise_for_status().json()
    assert (chosen["gateway"], confirm(shopper, chosen, shop.APPROVED).json()["status"]) == ("test", "success")
