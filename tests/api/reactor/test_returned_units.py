"""What units of a line cost that come back one after the other, and goods that come back of an order paid back."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor import test_methods as methods
from tests.api.reactor.order import Db, comes_back, order_of, reaches, stock
from tests.line import eventually


@pytest.fixture
def order(buyer: httpx2.Client, seller: httpx2.Client, product: str) -> dict[str, Any]:
    """Two units at 12.00 that have arrived."""
    return _sent(buyer, seller, order_of(buyer, product), "delivered")


def _sent(buyer: httpx2.Client, seller: httpx2.Client, order_id: str, status: str) -> dict[str, Any]:
    shop.pay(buyer, order_id).raise_for_status()
    parcel = reaches(buyer, order_id, "processing")["shipments"][0]["id"]
    seller.patch(f"/shipments/{parcel}", json={"status": status}).raise_for_status()
    return reaches(buyer, order_id, "delivered" if status == "delivered" else "shipped")


def _asks(buyer: httpx2.Client, order: dict[str, Any], units: int) -> int:
    items = [{"order_item_id": order["items"][0]["id"], "quantity": units}]
    asked = buyer.post(f"/orders/{order['id']}/return", json={"reason": "changed_mind", "items": items})
    return int(asked.raise_for_status().json()["refund_minor"])


def _refunded(buyer: httpx2.Client, order_id: str) -> int:
    return int(buyer.get(f"/orders/{order_id}").raise_for_status().json()["payment"]["refunded_minor"])


def test_what_was_kept_of_one_unit_is_not_paid_with_the_next(
    buyer: httpx2.Client, seller: httpx2.Client, order: dict[str, Any]
) -> None:
    """E-ORD-11, R-ORD-22: a receiver gave 2.00 for a worn unit of 12.00; the other one costs 12.00 still."""
    receive = f"/orders/{order['id']}/return/receive"
    assert _asks(buyer, order, 1) == 1200
    seller.post(receive, json={"refund_minor": 200}).raise_for_status()
    eventually(lambda: _refunded(buyer, order["id"]) == 200)
    assert _asks(buyer, order, 1) == 1200
    much = seller.post(receive, json={"refund_minor": 1201})
    assert (much.status_code, much.json()["refundable_minor"]) == (409, 1200)
    assert seller.post(receive, json={}).raise_for_status().json()["refund_minor"] == 1200
    reaches(buyer, order["id"], "returned")
    eventually(lambda: _refunded(buyer, order["id"]) == 1400)


def test_units_of_which_some_were_asked_to_return_come_back_to_the_penny(
    buyer: httpx2.Client, seller: httpx2.Client, pg: str
) -> None:
    """R-ORD-22: three units for 1.00, one of them asked to return while all are on their way, and all come back."""
    product = shop.product(seller, price=34, stock=3)
    terms = {
        "name": "Two pence", "kind": "fixed", "value_minor": 2, "currency": "GBP", "scope": "product",
        "scope_id": product, "status": "active",
    }  # fmt: skip
    seller.post("/promotions", json=terms).raise_for_status()
    order = _sent(buyer, seller, order_of(buyer, product, 3), "picked_up")
    assert order["total_minor"] == 100
    assert _asks(buyer, order, 1) == 33
    comes_back(pg, order["shipments"][0]["id"])
    back = reaches(buyer, order["id"], "returned")["returns"]
    assert sum(one["refund_minor"] for one in back) == 100
    eventually(lambda: _refunded(buyer, order["id"]) == 100)


def test_nothing_is_kept_of_units_that_never_arrived(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, pg: str
) -> None:
    """8.4: less was given for one that was asked to return while it was on its way; then all came back."""
    order = _sent(buyer, seller, order_of(buyer, product), "picked_up")
    assert _asks(buyer, order, 1) == 1200
    seller.post(f"/orders/{order['id']}/return/receive", json={"refund_minor": 200}).raise_for_status()
    comes_back(pg, order["shipments"][0]["id"])
    reaches(buyer, order["id"], "returned")
    eventually(lambda: _refunded(buyer, order["id"]) == 2400)


def test_goods_come_back_of_an_order_that_was_paid_back_meanwhile(  # noqa: PLR0917 - fixtures
    buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, product: str, order: dict[str, Any], db: Db
) -> None:
    """E-ORD-11: they are noted and back on the shelf, for no more money; the order has ended as refunded."""
    _asks(buyer, order, 2)
    shop.sign_in_again(operator)
    operator.post("/refunds", json={"order_id": order["id"], "reason": "it leaks"}).raise_for_status()
    reaches(buyer, order["id"], "refunded")
    taken = seller.post(f"/orders/{order['id']}/return/receive", json={"restock": True})
    assert (taken.status_code, taken.json().get("refund_minor")) == (200, 0), taken.text
    eventually(lambda: stock(db, product) == (10, 0))
    seen = reaches(buyer, order["id"], "refunded")
    assert (seen["items"][0]["returned_quantity"], seen["payment"]["refunded_minor"]) == (2, 2400)


def test_nothing_goes_back_of_cash_that_nobody_paid(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, pg: str
) -> None:
    """R-PAY-9: also when its goods were asked to return while they were on their way; no message promises any."""
    order_id = methods.order_of(buyer, product, "cod")
    methods.promise(buyer, order_id)
    order = reaches(buyer, order_id, "processing")
    methods.report(seller, order, "picked_up")
    reaches(buyer, order_id, "shipped")
    assert _asks(buyer, order, 2) == 2400
    comes_back(pg, order["shipments"][0]["id"])
    (back,) = reaches(buyer, order_id, "returned")["returns"]
    assert (back["status"], back["refund_minor"], back["items"][0]["refund_minor"]) == ("received", 0, 0)

    def told() -> list[str]:
        found = buyer.get("/notifications", params={"type": "return_update"}).raise_for_status().json()["items"]
        return [one["content"] for one in found if "accepted" in one["content"]]

    (message,) = eventually(told)
    assert "paid back" not in message
