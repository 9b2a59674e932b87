"""Orders that nothing moves any more, moved by an operator: no reactor runs here until a test says so (R-ORD-17)."""

from contextlib import closing
from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, order_of, stock
from tests.api.reactor.test_promotions import order_with, uses
from tests.api.running import reactor, relay
from tests.line import eventually


@pytest.fixture
def staff(operator: httpx2.Client) -> httpx2.Client:
    """The operator, with a token that says so."""
    shop.sign_in_again(operator)
    return operator


@pytest.fixture
def product(seller: httpx2.Client) -> str:
    """Ten units at 12.00."""
    return shop.product(seller, price=1200, stock=10)


@pytest.fixture
def log(api: str, kafka_bootstrap: str) -> str:
    """The api's address, for a relay and a reactor that come late."""
    return api


def rescue(staff: httpx2.Client, order_id: str, action: str = "resume", **fields: object) -> httpx2.Response:
    return staff.post(f"/orders/{order_id}/resume", json={"action": action, **fields})


def moved(staff: httpx2.Client, order_id: str, action: str = "resume") -> dict[str, Any]:
    answer = rescue(staff, order_id, action)
    assert answer.status_code == 202, answer.text
    order: dict[str, Any] = answer.json()
    return order


def paid(shopper: httpx2.Client, product: str) -> str:
    order_id = order_of(shopper, product)
    shop.pay(shopper, order_id).raise_for_status()
    return order_id


def everything_handled(db: Db) -> None:
    """Every fact that waited has been published and reacted to."""
    eventually(lambda: db.execute("SELECT count(*) FROM outbox").fetchone() == (0,))
    last = db.execute("SELECT count(*) FROM inbox").fetchone()

    def quiet() -> bool:
        nonlocal last
        before, last = last, db.execute("SELECT count(*) FROM inbox").fetchone()
        return last == before and last != (0,)

    eventually(quiet, every=1.5)


def test_a_paid_order_is_taken_on(shopper: httpx2.Client, staff: httpx2.Client, product: str, db: Db, log: str) -> None:
    """R-ORD-17, R-ORD-9: step by step, a repeat changes nothing, nor do the facts when they arrive after all."""
    order_id = paid(shopper, product)
    assert moved(staff, order_id)["status"] == "paid"
    for _ in range(2):
        order = moved(staff, order_id)
        assert (order["status"], len(order["shipments"])) == ("processing", 1)
        assert stock(db, product) == (8, 0)
    with relay(), reactor(api_url=log):
        everything_handled(db)
    order = shopper.get(f"/orders/{order_id}").json()
    assert (order["status"], len(order["shipments"]), stock(db, product)) == ("processing", 1, (8, 0))


def test_a_prepared_order_is_given_up(
    shopper: httpx2.Client, staff: httpx2.Client, product: str, db: Db, log: str
) -> None:
    """R-ORD-17, C3: cancelled, then finished by hand; goods and money come back once."""
    order_id = paid(shopper, product)
    for _ in range(2):
        moved(staff, order_id)
    assert moved(staff, order_id, "compensate")["cancellation_reason"] == "operator"
    for action in ("compensate", "resume"):
        order = moved(staff, order_id, action)
        assert [parcel["status"] for parcel in order["shipments"]] == ["cancelled"]
        assert stock(db, product) == (10, 0)
    with relay(), reactor(api_url=log):
        everything_handled(db)
        eventually(lambda: shopper.get(f"/orders/{order_id}").json()["payment"]["status"] == "refunded")
    assert stock(db, product) == (10, 0)
    assert db.execute("SELECT count(*) FROM refunds WHERE order_id = %s", [order_id]).fetchone() == (1,)
    assert balance(db, order_id)["gateway_clearing"] == 0


def test_whoever_cancelled_is_known_when_it_is_finished_by_hand(
    shopper: httpx2.Client, seller: httpx2.Client, staff: httpx2.Client, product: str, db: Db
) -> None:
    """R-PRO-5: the shopper's wish, as an operator has heard it: the coupon may be used again, as by the reaction."""
    order_id, promotion_id = order_with(shopper, seller, product)
    shop.pay(shopper, order_id).raise_for_status()
    moved(staff, order_id)
    staff.post(f"/orders/{order_id}/cancel", json={"reason": "customer_request"}).raise_for_status()
    moved(staff, order_id)
    assert uses(db, promotion_id) == 0


def test_an_unpaid_order_waits_until_its_hold_ends(
    shopper: httpx2.Client, staff: httpx2.Client, product: str, db: Db
) -> None:
    """R-ORD-11: before it is nobody's to move; afterwards it ends, and its stock and cart come back."""
    order_id = order_of(shopper, product)
    early = rescue(staff, order_id)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/order-state")
    db.execute("UPDATE orders SET hold_expires_at = now() - interval '1 second' WHERE id = %s", [order_id])
    assert moved(staff, order_id)["cancellation_reason"] == "payment_expired"
    moved(staff, order_id)
    assert stock(db, product) == (10, 0)
    assert [line["quantity"] for line in shopper.get("/cart").json()["items"]] == [2]


def test_what_is_over_is_left_alone(shopper: httpx2.Client, staff: httpx2.Client, product: str, db: Db) -> None:
    """R-ORD-8: a delivered order is neither taken on nor given up."""
    order_id = paid(shopper, product)
    db.execute("UPDATE orders SET status = 'delivered', shipped_at = now() WHERE id = %s", [order_id])
    for action in ("resume", "compensate"):
        answer = rescue(staff, order_id, action, note="please")
        assert (answer.status_code, answer.json()["current_status"]) == (409, "delivered")


def test_operators_only(
    shopper: httpx2.Client, seller: httpx2.Client, staff: httpx2.Client, product: str, api: str
) -> None:
    """E-ORD-13: 401, 403, 404, 422."""
    order_id = order_of(shopper, product)
    for caller in (shopper, seller):
        assert rescue(caller, order_id).status_code == 403
    with closing(shop.client_of(api)) as nobody:
        assert rescue(nobody, order_id).status_code == 401
    assert rescue(staff, "01890a5d-ac96-774b-bcce-b302099a8057").status_code == 404
    wrong = rescue(staff, order_id, "hurry")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "body.action")
