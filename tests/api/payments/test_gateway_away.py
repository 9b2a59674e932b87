"""R-PAY-4: a gateway that does not answer, hangs, or comes back, seen from the shopper's side."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving

Db = psycopg.Connection[tuple[Any, ...]]
FAST = {"gateway_repeat_s": 0.05, "breaker_rest_s": 1.0, "gateway_call_s": 1.0}


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api whose waits for the gateway are short."""
    home: Path = tmp_path_factory.mktemp("home")
    told = {"rate_limits": False, "kafka_bootstrap": NOBODY_LISTENS, "home": home, "platform_currency": "GBP", **FAST}
    with serving(**told) as address:
        yield address


@contextmanager
def away(db: Db) -> Iterator[None]:
    """The card network's own database fails it."""
    db.execute("ALTER TABLE card_network.operations RENAME TO gone")
    try:
        yield
    finally:
        db.execute("ALTER TABLE card_network.gone RENAME TO operations")


@contextmanager
def hanging(pg: str) -> Iterator[None]:
    """The card network takes questions and does not answer."""
    with psycopg.connect(pg) as conn:
        conn.execute("LOCK TABLE card_network.operations IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.fixture(autouse=True)
def closed(shopper: httpx2.Client, seller: httpx2.Client) -> Iterator[None]:
    """The network is known, and every test begins and ends with a gateway that answers."""
    shop.buy(shopper, shop.product(seller, price=100, stock=1), 1).raise_for_status()
    yield
    time.sleep(FAST["breaker_rest_s"])
    shop.buy(shopper, shop.product(seller, price=100, stock=1), 1).raise_for_status()


def begun(shopper: httpx2.Client, seller: httpx2.Client) -> str:
    shop.put_in_cart(shopper, shop.product(seller, price=1200, stock=10), 1)
    order_id = shop.checkout(shopper)["id"]
    payment_id: str = shopper.post("/payments/intent", json={"order_id": order_id}).raise_for_status().json()["id"]
    return payment_id


def confirm(shopper: httpx2.Client, payment_id: str, key: str = "") -> httpx2.Response:
    said = {"payment_id": payment_id, "gateway_token": shop.APPROVED}
    return shopper.post("/payments/confirm", json=said, headers={"Idempotency-Key": key or str(uuid4())})


def test_a_resting_gateway_is_said_at_once_and_costs_no_payment(
    api: str, shopper: httpx2.Client, seller: httpx2.Client, db: Db
) -> None:
    """503 gateway-unavailable with Retry-After while open; the payment is open still, and the same key works then."""
    first = begun(shopper, seller)
    second_shopper = shop.account(api)
    second, key = begun(second_shopper, seller), str(uuid4())
    with away(db):
        undecided = confirm(shopper, first)
        assert (undecided.status_code, undecided.json()["status"]) == (200, "processing")
        began = time.monotonic()
        refused = confirm(second_shopper, second, key)
        assert time.monotonic() - began < 0.5
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/gateway-unavailable")
        assert (refused.json()["gateway"], refused.headers["Retry-After"]) == ("test", "1")
    asked = db.execute("SELECT count(*) FROM payment_operations WHERE payment_id = %s", [second])
    assert asked.fetchone() == (0,)
    time.sleep(FAST["breaker_rest_s"])
    assert confirm(second_shopper, second, key).json()["status"] == "success"


def test_a_short_failure_is_bridged(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """A broken way is tried again with the same reference: one charge."""
    payment_id = begun(shopper, seller)
    db.execute(
        "CREATE SEQUENCE card_network.tries; CREATE FUNCTION card_network.fail() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF nextval('card_network.tries') < 3 THEN RAISE 'away'; END IF; RETURN NEW; END $$; "
        "CREATE TRIGGER fail BEFORE INSERT ON card_network.operations FOR EACH ROW "
        "EXECUTE FUNCTION card_network.fail()"
    )
    assert confirm(shopper, payment_id).json()["status"] == "success"
    db.execute("DROP TRIGGER fail ON card_network.operations")
    tries = db.execute("SELECT last_value FROM card_network.tries").fetchone()
    charged = db.execute(
        "SELECT count(*) FROM card_network.operations WHERE idempotency_ref = %s", [f"charge:{payment_id}"]
    )
    assert (tries, charged.fetchone()) == ((3,), (1,))


def test_a_call_that_hangs_is_bounded_and_not_repeated(shopper: httpx2.Client, seller: httpx2.Client, pg: str) -> None:
    """R-PAY-3: what took all its time is asked for by reference; the payment is undecided, not failed."""
    payment_id = begun(shopper, seller)
    with hanging(pg):
        began = time.monotonic()
        answer = confirm(shopper, payment_id)
        assert time.monotonic() - began < 3 * FAST["gateway_call_s"]
    assert answer.json()["status"] == "processing"
