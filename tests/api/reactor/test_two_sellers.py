"""Two sellers, every path of the api: nobody sees or changes what is the other's (R-SEL-1)."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, reaches, stock
from tests.line import eventually

STOCK, ON_HAND = 62_417, 62_415
"""What is available is public, what lies on the shelf is not: three units of it are held."""
LEGAL = "Hidden Holdings Ltd"


@pytest.fixture(scope="module")
def stranger(saga: str, category: str) -> Iterator[httpx2.Client]:
    """A second signed-in seller in GBP."""
    with closing(shop.seller(saga)[0]) as client:
        yield client


@pytest.fixture(scope="module")
def things(saga: str, seller: httpx2.Client, db: Db) -> Iterator[dict[str, str]]:
    """The ids that a seller's sold, delivered, returned and partly refunded goods have, by the paths' words."""
    product = shop.product(seller, price=1200, stock=STOCK)
    seller.patch(f"/sellers/{seller.headers['X-Seller']}", json={"legal_name": LEGAL}).raise_for_status()
    with closing(shop.account(saga)) as buyer:
        shop.put_in_cart(buyer, product, 2)
        order_id = shop.checkout(buyer)["id"]
        shop.pay(buyer, order_id).raise_for_status()
        order = reaches(buyer, order_id, "processing")
        parcel = order["shipments"][0]["id"]
        seller.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
        reaches(buyer, order_id, "delivered")
        line = [{"order_item_id": order["items"][0]["id"], "quantity": 1}]
        buyer.post(f"/orders/{order_id}/return", json={"reason": "defect", "items": line}).raise_for_status()
        wish = {"order_id": order_id, "amount_minor": 100, "reason": "a scratch"}
        refund = buyer.post("/refunds", json=wish).raise_for_status().json()["id"]
        payment = buyer.get(f"/orders/{order_id}").json()["payment"]["id"]
        shop.put_in_cart(buyer, product, 3)
        shop.checkout(buyer)
        eventually(lambda: stock(db, product) == (ON_HAND, 3))
        yield {
            "product_id": product, "seller_id": seller.headers["X-Seller"], "order_id": order_id,
            "shipment_id": parcel, "refund_id": refund, "payment_id": payment,
            "order_number": order["order_number"], "user_id": buyer.get("/users/me").json()["id"],
        }  # fmt: skip


def operations(api: str, things: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every operation whose path can be filled with the other seller's ids."""
    document: dict[str, Any] = httpx2.get(f"{api}/openapi.json").json()
    for path, methods in document["paths"].items():
        names = re.findall(r"{(\w+)}", path)
        if path.startswith("/v1/") and all(name in things for name in names):
            filled = path.removeprefix("/v1").format(**things)
            yield from ((method.upper(), filled) for method in methods)


def test_another_seller_reads_nothing_of_it(
    saga: str, stranger: httpx2.Client, seller: httpx2.Client, things: dict[str, str]
) -> None:
    """R-SEL-1, ASVS-8.2.2, ASVS-8.4.1: neither by an id nor in a list; the owner does, by the same paths."""
    hidden = {name: things[name] for name in things.keys() - {"product_id", "seller_id"}}
    hidden |= {"legal name": LEGAL, "stock": str(ON_HAND)}
    paths = [path for method, path in operations(saga, things) if method == "GET"]
    assert len(paths) > 15
    seen = {path: stranger.get(path) for path in paths}
    away = "/problems/read-model-unavailable"  # nothing publishes read models here
    failed = [path for path, answer in seen.items() if answer.status_code >= 500 and answer.json()["type"] != away]
    assert not failed
    told = {path: answer.text.replace(path, "") for path, answer in seen.items() if answer.status_code == 200}
    assert not [(path, name) for path, text in told.items() for name, value in hidden.items() if value in text]
    own = "".join(seller.get(path).text for path in paths)
    assert all(value in own for name, value in hidden.items() if name in ("order_id", "legal name", "stock"))


def test_another_seller_changes_nothing_of_it(
    saga: str, stranger: httpx2.Client, seller: httpx2.Client, things: dict[str, str]
) -> None:
    """R-SEL-1, ASVS-8.2.2, ASVS-8.4.1: every call that changes something at one of these paths is refused."""
    calls = [(method, path) for method, path in operations(saga, things) if method != "GET"]
    named = [(method, path) for method, path in calls if any(value in path for value in things.values())]
    assert len(named) > 10
    before = seller.get(f"/products/{things['product_id']}").json()["version"]
    done = {call: stranger.request(call[0], call[1], json={}).status_code for call in named}
    assert not {call: status for call, status in done.items() if not 400 <= status < 500}
    assert seller.get(f"/products/{things['product_id']}").json()["version"] == before
