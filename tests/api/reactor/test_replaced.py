"""Goods that were sent again because nobody knew where they were, and that come back after all."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, comes_back, order_of, reaches, stock
from tests.api.reactor.test_complaints import settled
from tests.line import eventually


@pytest.fixture
def order(buyer: httpx2.Client, seller: httpx2.Client, product: str) -> dict[str, Any]:
    """Two units at 12.00 that have left, and two that are to be sent in their place; its parcels in that order."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    parcel = reaches(buyer, order_id, "processing")["shipments"][0]["id"]
    seller.patch(f"/shipments/{parcel}", json={"status": "picked_up"}).raise_for_status()
    settled(buyer, seller, reaches(buyer, order_id, "shipped"), "replacement")
    eventually(lambda: len(_seen(buyer, order_id)["shipments"]) == 2)
    return _seen(buyer, order_id)


def _seen(buyer: httpx2.Client, order_id: str) -> dict[str, Any]:
    found: dict[str, Any] = buyer.get(f"/orders/{order_id}").raise_for_status().json()
    return found


def _report(seller: httpx2.Client, parcel: dict[str, Any], status: str) -> None:
    seller.patch(f"/shipments/{parcel['id']}", json={"status": status}).raise_for_status()


@pytest.mark.parametrize("first", ["replacement", "outbound"])
def test_nobody_has_goods_and_their_money(  # noqa: PLR0917 - fixtures
    buyer: httpx2.Client, seller: httpx2.Client, order: dict[str, Any], pg: str, db: Db, first: str
) -> None:
    """R-ORD-20: what replaces them arrives, so nothing is paid back; with that the order has arrived."""
    if first == "replacement":
        _report(seller, order["shipments"][1], "delivered")
    comes_back(pg, order["shipments"][0]["id"])
    eventually(lambda: _seen(buyer, order["id"])["shipments"][0]["status"] == "returned")
    if first == "outbound":
        _report(seller, order["shipments"][1], "delivered")
    seen = reaches(buyer, order["id"], "delivered")
    assert (seen["returns"], seen["items"][0]["returned_quantity"]) == ([], 0)
    assert seen["delivered_at"] == seen["shipments"][1]["delivered_at"]
    assert buyer.get("/refunds", params={"order_id": order["id"]}).json()["items"] == []
    assert balance(db, order["id"])["gateway_clearing"] == -2400


def test_what_comes_back_twice_is_paid_back(
    buyer: httpx2.Client, seller: httpx2.Client, order: dict[str, Any], pg: str
) -> None:
    """8.4: nobody pays for what did not arrive."""
    comes_back(pg, order["shipments"][0]["id"])
    eventually(lambda: _seen(buyer, order["id"])["shipments"][0]["status"] == "returned")
    _report(seller, order["shipments"][1], "picked_up")
    comes_back(pg, order["shipments"][1]["id"])
    reaches(buyer, order["id"], "returned")
    eventually(lambda: _seen(buyer, order["id"])["payment"]["refunded_minor"] == 2400)


def test_what_was_paid_back_is_not_sent_again(
    buyer: httpx2.Client, seller: httpx2.Client, order: dict[str, Any], product: str, db: Db
) -> None:
    """E-SHP-5, 8.4: with the money nothing is sent."""
    _report(seller, order["shipments"][0], "delivered")
    reaches(buyer, order["id"], "delivered")
    seller.post("/refunds", json={"order_id": order["id"], "reason": "Sold out for good"}).raise_for_status()
    reaches(buyer, order["id"], "refunded")
    eventually(lambda: _seen(buyer, order["id"])["shipments"][1]["status"] == "cancelled")
    eventually(lambda: stock(db, product) == (8, 0))
    assert balance(db, order["id"])["gateway_clearing"] == 0
