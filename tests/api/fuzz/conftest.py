"""A shop in which everything has happened once, for calls that name things."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.reactor.order import reaches

EVERY = "UPDATE users SET roles = '{shopper,seller,operator,admin,service}' WHERE email = %s"


@pytest.fixture(scope="module")
def floor(saga: str, category: str, db: psycopg.Connection[Any]) -> Iterator[dict[str, Any]]:
    """Ids by the names that paths and bodies have for them, and who calls: a seller with every role."""
    with closing(shop.seller(saga)[0]) as caller, closing(shop.account(saga)) as other:
        product = shop.product(caller, price=1200, stock=100_000)
        orders = [_order(caller, caller, product, state) for state in ("pending", "paid", "delivered", "delivered")]
        foreign = _order(other, caller, product, "delivered")["id"]
        complaint = {"type": "damaged", "description": "The lid came in two pieces."}
        other.post(f"/orders/{foreign}/complaint", json=complaint).raise_for_status()
        db.execute(EVERY, [caller.headers["X-Person"]])
        shop.sign_in_again(caller)
        address = caller.post("/users/me/addresses", json=shop.ADDRESS).raise_for_status().json()["id"]
        found = {
            "product_id": [product], "category_id": [category], "seller_id": [caller.headers["X-Seller"]],
            "order_id": [order["id"] for order in orders], "delivered": [order["id"] for order in orders[2:]],
            "address_id": [address], "gateway_token": [shop.APPROVED],
            "order_item_id": [order["items"][0]["id"] for order in orders],
            "shipment_id": [parcel["id"] for order in orders for parcel in order["shipments"]],
            "payment_id": [order["payment"]["id"] for order in orders if order["payment"]],
            "complained_of": [foreign],
            "currency": ["GBP"], "email": [other.headers["X-Person"]], "password": [shop.PASSWORD],
            "user_id": [other.get("/users/me").json()["id"]],
        }  # fmt: skip
        me = caller.get("/users/me").raise_for_status().json()
        yield {"ids": found, "caller": {"user_id": me["id"], "seller_id": caller.headers["X-Seller"]}}


def _order(buyer: httpx2.Client, seller: httpx2.Client, product: str, state: str) -> dict[str, Any]:
    shop.put_in_cart(buyer, product, 2)
    order = shop.checkout(buyer)
    if state == "pending":
        return {**order, "shipments": [], "payment": None}
    shop.pay(buyer, order["id"]).raise_for_status()
    reached = reaches(buyer, order["id"], "processing")
    if state == "delivered":
        parcel = reached["shipments"][0]["id"]
        seller.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
        reached = reaches(buyer, order["id"], "delivered")
    return reached
