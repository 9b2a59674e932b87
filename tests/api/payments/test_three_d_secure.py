"""3-D Secure: the shopper confirms at the bank, or does not; the gateway's webhook decides (R-PAY-1, R-PAY-6)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from api import db as database
from api.payments import service as payments
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.payments.looking import Db, read, sales
from tests.api.running import courier, sweeping
from tests.api.serving import serving
from tests.line import eventually

Tells = Callable[[], AbstractContextManager[None]]
SECURE, LATE_AND_TWICE, SECURE_DECLINED = "tok_4000000000003220", "tok_4000000000003238", "tok_4000000000003253"
BACK = "https://shop.example/thanks?order=1"


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api whose own address leads to the bank's pages."""
    home: Path = tmp_path_factory.mktemp("home")
    told = {"rate_limits": False, "kafka_bootstrap": NOBODY_LISTENS, "home": home, "platform_currency": "GBP"}
    with serving(**told, public_url="https://shop.example") as address:
        yield address


@pytest.fixture
def tells(api: str, env: dict[str, str], pg: str) -> Tells:
    """Lets the gateway's webhooks arrive for as long as it is entered."""
    return partial(courier, pg, api, env["ATLANTIC_WEBHOOK_SECRET"])


@pytest.fixture
def payment(shopper: httpx2.Client, seller: httpx2.Client) -> dict[str, Any]:
    """A payment of 24.00, not confirmed."""
    shop.put_in_cart(shopper, shop.product(seller, price=2400, stock=1), 1)
    wish = {"order_id": shop.checkout(shopper)["id"], "return_url": BACK}
    begun: dict[str, Any] = shopper.post("/payments/intent", json=wish).raise_for_status().json()
    return begun


def confirm(shopper: httpx2.Client, payment: dict[str, Any], card: str = SECURE) -> dict[str, Any]:
    said = {"payment_id": payment["id"], "gateway_token": card}
    answer: dict[str, Any] = shopper.post("/payments/confirm", json=said).raise_for_status().json()
    return answer


def at_the_bank(api: str, waiting: dict[str, Any], answer: str) -> httpx2.Response:
    """The shopper's browser on the page that `next_action` leads to."""
    page = urlsplit(waiting["next_action"]["redirect_url"])
    assert (page.scheme, page.netloc) == ("https", "shop.example")
    with httpx2.Client(base_url=api) as browser:
        shown = browser.get(page.path)
        assert (shown.status_code, "2400 minor units of GBP" in shown.text) == (200, True)
        return browser.post(page.path, params={"answer": answer})


def test_a_confirmed_challenge_pays_once(
    api: str, shopper: httpx2.Client, payment: dict[str, Any], tells: Tells, db: Db
) -> None:
    """Processing with the bank's page, back to the shop, then paid by the webhook; the page answers once."""
    waiting = confirm(shopper, payment)
    assert (waiting["status"], waiting["next_action"]["type"]) == ("processing", "redirect")
    assert read(shopper, payment)["next_action"] == waiting["next_action"]
    again = shopper.post("/payments/intent", json={"order_id": payment["order_id"]}).json()
    assert (again["id"], again["redirect_url"]) == (payment["id"], waiting["next_action"]["redirect_url"])
    back = at_the_bank(api, waiting, "approve")
    assert (back.status_code, back.headers["location"]) == (303, BACK)
    assert read(shopper, payment)["status"] == "processing"
    with tells():
        eventually(lambda: read(shopper, payment)["status"] == "success", within=15)
    assert (read(shopper, payment)["next_action"], sales(db, payment)) == (None, 1)
    page = urlsplit(waiting["next_action"]["redirect_url"]).path
    with httpx2.Client(base_url=api) as browser:
        assert "is answered" in browser.get(page).text
        browser.post(page, params={"answer": "refuse"})
        assert browser.post(page, params={"answer": "perhaps"}).status_code == 422
        assert browser.get(page + "0").status_code == 404
    assert (read(shopper, payment)["status"], sales(db, payment)) == ("success", 1)


def test_a_late_webhook_that_comes_twice_pays_once(
    api: str, shopper: httpx2.Client, payment: dict[str, Any], tells: Tells, db: Db
) -> None:
    """R-PAY-6: charged some seconds after the bank's page, told twice under one event id."""
    at_the_bank(api, confirm(shopper, payment, LATE_AND_TWICE), "approve")
    told = "SELECT webhooks FROM card_network.operations WHERE idempotency_ref = %s AND delivered_at IS NOT NULL"
    with tells():
        eventually(lambda: db.execute(told, [f"charge:{payment['id']}"]).fetchone() == (0,), within=15)
    assert (read(shopper, payment)["status"], sales(db, payment)) == ("success", 1)


@pytest.mark.parametrize(
    ("card", "answer", "reason"),
    [(SECURE, "refuse", "authentication_failed"), (SECURE_DECLINED, "approve", "insufficient_funds")],
)
def test_a_challenge_may_end_in_a_decline(  # noqa: PLR0917 - fixtures beside a table of cases
    api: str, shopper: httpx2.Client, payment: dict[str, Any], tells: Tells, card: str, answer: str, reason: str
) -> None:
    """R-PAY-5: the reason stays with the payment."""
    at_the_bank(api, confirm(shopper, payment, card), answer)
    with tells():
        eventually(lambda: read(shopper, payment)["status"] == "failed", within=15)
    assert read(shopper, payment)["failure_reason"] == reason


def test_a_shopper_who_never_comes_back_pays_nothing(
    api: str, shopper: httpx2.Client, payment: dict[str, Any], pg: str, db: Db
) -> None:
    """9.4: expired once the gateway has called it off, and the bank's page changes nothing afterwards."""
    waiting = confirm(shopper, payment)
    db.execute("UPDATE payments SET expires_at = now() WHERE id = %s", [payment["id"]])
    with sweeping(pg):
        eventually(lambda: read(shopper, payment)["status"] == "expired", within=15)
    page = urlsplit(waiting["next_action"]["redirect_url"]).path
    with httpx2.Client(base_url=api) as browser:
        browser.post(page, params={"answer": "approve"})
    charge = db.execute("SELECT outcome, code FROM card_network.operations WHERE idempotency_ref = %s",
                        [f"charge:{payment['id']}"]).fetchone()  # fmt: skip
    assert (charge, sales(db, payment)) == (("failed", "abandoned"), 0)
    made = db.execute("SELECT kind, status FROM payment_operations WHERE payment_id = %s ORDER BY id", [payment["id"]])
    assert made.fetchall() == [("capture", "failed"), ("void", "succeeded")]


async def test_an_order_that_ends_calls_its_payment_off(
    shopper: httpx2.Client, payment: dict[str, Any], pg: str, db: Db
) -> None:
    """C3: the shopper, still at the bank, can pay no more for it."""
    confirm(shopper, payment)
    pool = database.engine(pg, size=1)
    async with database.transaction(pool) as conn:
        await payments.call_off(conn, UUID(payment["order_id"]), "customer_request")
    await pool.dispose()
    with sweeping(pg):
        eventually(lambda: read(shopper, payment)["status"] == "expired", within=15)
    charge = db.execute("SELECT code FROM card_network.operations WHERE idempotency_ref = %s",
                        [f"charge:{payment['id']}"]).fetchone()  # fmt: skip
    assert charge == ("abandoned",)


def test_who_confirms_in_the_last_moment_has_paid(
    api: str, shopper: httpx2.Client, payment: dict[str, Any], pg: str, db: Db
) -> None:
    """9.4: the gateway is asked before a payment expires."""
    at_the_bank(api, confirm(shopper, payment), "approve")
    db.execute("UPDATE payments SET expires_at = now() WHERE id = %s", [payment["id"]])
    with sweeping(pg):
        eventually(lambda: read(shopper, payment)["status"] == "success", within=15)
    assert sales(db, payment) == 1


def test_a_wallet_is_not_filled_by_a_card_that_asks(shopper: httpx2.Client) -> None:
    """Nobody is sent to the bank's page for a top-up: declined, and said why."""
    said = {"amount_minor": 500, "currency": "GBP", "gateway_token": SECURE}
    refused = shopper.post("/wallet/top-ups", json=said)
    assert (refused.status_code, refused.json()["reason"]) == (402, "authentication_required")


@pytest.mark.parametrize(("field", "value"), [("gateway", "adyen"), ("gateway", "stripe"), ("gateway", "wallet")])
def test_an_unknown_gateway_is_named_with_those_there_are(
    shopper: httpx2.Client, seller: httpx2.Client, field: str, value: str
) -> None:
    """E-PAY-1: 422, and the order can still be paid."""
    shop.put_in_cart(shopper, shop.product(seller, price=2400, stock=1), 1)
    wish = {"order_id": shop.checkout(shopper)["id"]}
    refused = shopper.post("/payments/intent", json=wish | {field: value})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["message"]) == (
        422, "body.gateway", "no such gateway for card here; there are: test",
    )  # fmt: skip
    assert shopper.post("/payments/intent", json=wish | {field: "test"}).status_code == 201


def test_a_webhook_names_a_gateway_that_is_there(shopper: httpx2.Client) -> None:
    """E-PAY-3: by query; 422 for one that is not set up."""
    refused = shopper.post("/payments/webhook", params={"gateway": "adyen"}, content=b"{}")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "query.gateway")
    assert shopper.post("/payments/webhook", params={"gateway": "test"}, content=b"{}").status_code == 401


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x", "/thanks", "https://"])
def test_a_way_back_is_an_address_of_the_web(shopper: httpx2.Client, payment: dict[str, Any], url: str) -> None:
    """R-API-3: anything else is named."""
    refused = shopper.post("/payments/intent", json={"order_id": payment["order_id"], "return_url": url})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.return_url")
