"""Returns up to their reception, without the log: what is told, and what is refused (E-ORD-10, E-ORD-11)."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.complaints.people import Db, arrived, bought, facts

Order = dict[str, Any]


@pytest.fixture
def order(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> Order:
    """Two units at 5.00 that have arrived."""
    found = bought(shopper, shop.product(seller, price=500, stock=5), units=2)
    arrived(db, found["id"])
    return found


def test_goods_that_are_not_taken_are_told_and_stay_the_shoppers(
    shopper: httpx2.Client, seller: httpx2.Client, order: Order, db: Db
) -> None:
    """V-ORD-11: once; nothing is refunded or counted back, and the shopper may ask again."""
    path = f"/orders/{order['id']}/return"
    asked = shopper.post(path, json={"reason": "changed_mind", "note": "Too blue"}).raise_for_status().json()
    assert seller.get(f"/orders/{order['id']}").json()["returns"][0]["note"] == asked["note"] == "Too blue"
    assert "return" not in shopper.get(f"/orders/{order['id']}").json()["allowed_actions"]
    said = {"accepted": False, "restock": True, "note": "Its lid is gone"}
    rejected = seller.post(f"{path}/receive", json=said).raise_for_status().json()
    assert (rejected["id"], rejected["status"], rejected["refund_minor"]) == (asked["id"], "rejected", 0)
    assert (rejected["restock"], rejected["items"][0]["refund_minor"]) == (False, 0)
    assert seller.get(f"/orders/{order['id']}").json()["returns"][0]["refund_minor"] == 0
    assert seller.post(f"{path}/receive", json={"accepted": False}).status_code == 404
    assert facts(db, order["id"])[-2:] == ["order.return.requested", "order.return.rejected"]
    seen = shopper.get(f"/orders/{order['id']}").json()
    assert seen["returns"][0]["reception_note"] == rejected["reception_note"] == "Its lid is gone"
    assert (asked["reception_note"], seen["returns"][0]["note"]) == (None, "Too blue")
    assert (seen["status"], seen["items"][0]["returned_quantity"]) == ("delivered", 0)
    assert shopper.post(path, json={"reason": "defect"}).status_code == 201


def test_returns_are_listed_in_their_order(shopper: httpx2.Client, seller: httpx2.Client, order: Order, db: Db) -> None:
    """Also when the rows moved: what changed last stands last in the table."""
    path, made = f"/orders/{order['id']}/return", []
    for _ in range(2):
        made.append(shopper.post(path, json={"reason": "changed_mind"}).raise_for_status().json()["id"])
        seller.post(f"{path}/receive", json={"accepted": False}).raise_for_status()
    db.execute("UPDATE order_returns SET updated_at = now() WHERE id = %s", [made[0]])
    assert [each["id"] for each in shopper.get(f"/orders/{order['id']}").json()["returns"]] == made


def test_a_return_costs_what_its_units_cost(shopper: httpx2.Client, seller: httpx2.Client, order: Order) -> None:
    """R-ORD-22: of the units that come back, discount included; more than that is refused."""
    path, items = f"/orders/{order['id']}/return", [{"order_item_id": order["items"][0]["id"], "quantity": 1}]
    many = shopper.post(path, json={"reason": "defect", "items": [items[0] | {"quantity": 3}]})
    assert (many.status_code, many.json()["errors"][0]["field"]) == (422, "body.items")
    asked = shopper.post(path, json={"reason": "defect", "items": items}).raise_for_status().json()
    assert asked["refund_minor"] == 500
    paid = seller.post(f"{path}/receive", json={"accepted": False, "refund_minor": 300})
    assert (paid.status_code, paid.json()["errors"][0]["field"]) == (422, "body.refund_minor")
    much = seller.post(f"{path}/receive", json={"refund_minor": 501})
    assert (much.status_code, much.json()["refundable_minor"]) == (409, 500)
    assert seller.post(f"{path}/receive", json={"refund_minor": 300}).json()["refund_minor"] == 300


def test_an_operator_takes_no_goods_of_an_own_order(operator: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """E-ORD-11: money goes back with them, so somebody else says that they came."""
    order = bought(operator, shop.product(seller, price=500, stock=1))
    arrived(db, order["id"])
    path = f"/orders/{order['id']}/return"
    operator.post(path, json={"reason": "defect"}).raise_for_status()
    assert operator.post(f"{path}/receive", json={}).status_code == 403
    assert seller.post(f"{path}/receive", json={}).json()["status"] == "received"
