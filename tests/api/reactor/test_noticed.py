"""What the stream side notices comes back to the core: the whole way, with api, relay, worker and reactor at work."""

from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.reactor.order import order_of, reaches
from tests.line import eventually
from tests.streams.process import WorkerProcess

Db = psycopg.Connection[Any]
QUICK = {"ATLANTIC_CART_IDLE_S": "3", "ATLANTIC_CARRIER_DAY_S": "3"}
LONGEST_S = 60


@pytest.fixture(scope="module")
def watched(saga: str, env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The api's address, while a worker for which an hour and a day are three seconds keeps an eye on the shop."""
    worker = WorkerProcess({**env, **QUICK}, tmp_path_factory.mktemp("worker") / "log")
    worker.start()
    yield saga
    worker.stop()


def messages(db: Db, client: httpx2.Client, type_: str) -> list[str]:
    """The states of an account's messages of a type."""
    user = client.get("/users/me").raise_for_status().json()["id"]
    query = "SELECT status FROM notifications WHERE user_id = %s AND type = %s ORDER BY id"
    return [str(status) for (status,) in db.execute(query, [user, type_])]


def status(db: Db, cart_id: str) -> str:
    """A cart's state."""
    row = db.execute("SELECT status FROM carts WHERE id = %s", [cart_id]).fetchone()
    assert row
    return str(row[0])


def test_a_cart_left_alone_is_reminded_of_and_taken_up(
    watched: str, buyer: httpx2.Client, product: str, db: Db
) -> None:
    """R-CRT-2, R-CRT-3, R-MOON-7: abandoned, one reminder; checked out, it is the order's cart like any other."""
    buyer.patch("/users/me", json={"marketing_consent": True}).raise_for_status()
    shop.put_in_cart(buyer, product, 1)
    cart_id = buyer.get("/cart").json()["id"]
    eventually(lambda: status(db, cart_id) == "abandoned", within=LONGEST_S)
    eventually(lambda: len(messages(db, buyer, "cart_reminder")) == 1, within=LONGEST_S)
    shop.put_in_cart(buyer, product, 1)
    assert status(db, cart_id) == "active"
    eventually(lambda: status(db, cart_id) == "abandoned", within=LONGEST_S)
    eventually(lambda: len(messages(db, buyer, "cart_reminder")) == 2, within=LONGEST_S)
    shop.checkout(buyer)
    assert status(db, cart_id) == "checked_out"


def test_a_mistyped_price_is_told_to_its_seller(watched: str, seller: httpx2.Client, product: str, db: Db) -> None:
    """R-CAT-6: once, and the price stands."""
    before = len(messages(db, seller, "price_doubt"))
    seller.patch(f"/products/{product}", json={"price_minor": 12}).raise_for_status()
    eventually(lambda: len(messages(db, seller, "price_doubt")) == before + 2, within=LONGEST_S)
    assert seller.get(f"/products/{product}").json()["price_minor"] == 12


def test_a_late_parcel_is_told_to_both(
    watched: str, buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db
) -> None:
    """R-SHP-8: a day after it was promised for, which are three seconds here."""
    tariff = {
        "carrier": "DHL", "service": "Tomorrow", "base_minor": 300, "per_kg_minor": 0, "currency": "GBP",
        "min_days": 1, "max_days": 1,
    }  # fmt: skip
    seller.post("/shipping/tariffs", json=tariff).raise_for_status()
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    eventually(lambda: messages(db, buyer, "shipment_late") == ["sent"], within=LONGEST_S)
    eventually(lambda: messages(db, seller, "shipment_late") == ["sent"], within=LONGEST_S)
