"""Goods that do not reach their shopper after a part of the money was captured: their whole price goes back at last."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, reaches
from tests.api.reactor.test_capture import api, capture
from tests.line import eventually

__all__ = ["api"]


@pytest.fixture(scope="module")
def other(saga: str, category: str) -> Iterator[httpx2.Client]:
    """A second seller in GBP."""
    with closing(shop.seller(saga)[0]) as client:
        yield client


def money(buyer: httpx2.Client, order: dict[str, Any]) -> tuple[str, int, int]:
    payment = buyer.get(f"/orders/{order['id']}").raise_for_status().json()["payment"]
    return payment["status"], payment["captured_minor"], payment["refunded_minor"]


@pytest.fixture
def order(buyer: httpx2.Client, other: httpx2.Client, operator: httpx2.Client, product: str) -> dict[str, Any]:
    """24.00 from the seller and 7.77 from the other, of which 5.00 are captured."""
    shop.put_in_cart(buyer, product, 2)
    shop.put_in_cart(buyer, shop.product(other, price=777, stock=5), 1)
    order_id = shop.checkout(buyer)["id"]
    shop.pay(buyer, order_id).raise_for_status()
    found = reaches(buyer, order_id, "processing")
    shop.sign_in_again(operator)
    capture(operator, found["payment"]["id"], 500).raise_for_status()
    return found


def parcel_of(seller: httpx2.Client, order: dict[str, Any]) -> str:
    (found,) = seller.get(f"/shipments/{order['id']}").raise_for_status().json()["items"]
    parcel: str = found["id"]
    return parcel


def test_what_is_not_sent_goes_back_once_the_rest_is_captured(
    buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, order: dict[str, Any], db: Db
) -> None:
    """R-PAY-16, R-ORD-10: the part that was captured first is not all that the shopper gets."""
    other.patch(f"/shipments/{parcel_of(other, order)}", json={"status": "cancelled"}).raise_for_status()
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["returns"])
    assert money(buyer, order) == ("processing", 500, 0)
    seller.patch(f"/shipments/{parcel_of(seller, order)}", json={"status": "picked_up"}).raise_for_status()
    eventually(lambda: money(buyer, order) == ("success", 3177, 777))
    assert balance(db, order["id"])["gateway_clearing"] == -2400


def test_what_was_captured_goes_back_when_the_rest_is_let_go(
    buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, order: dict[str, Any]
) -> None:
    """R-PAY-16: nothing was sent, so the order is cancelled."""
    for who in (other, seller):
        who.patch(f"/shipments/{parcel_of(who, order)}", json={"status": "cancelled"}).raise_for_status()
    reaches(buyer, order["id"], "cancelled")
    eventually(lambda: money(buyer, order) == ("refunded", 500, 500))
