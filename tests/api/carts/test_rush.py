"""One cart that is filled from several windows at once: nothing is lost, and nothing is put in twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx2
import psycopg

from tests import shop
from tests.api.carts.test_cart import add, facts
from tests.locks import until_somebody_waits

Database = psycopg.Connection[Any]
WINDOWS = 8


def test_windows_that_open_a_cart_at_once_fill_one(shopper: httpx2.Client, seller: httpx2.Client, db: Database) -> None:
    """R-CRT-4, R-CRT-6: each addition counts once, and each has a version of its own."""
    product = shop.product(seller, price=100, stock=100)
    with ThreadPoolExecutor(WINDOWS) as windows:
        carts = [one.raise_for_status().json() for one in windows.map(lambda _: add(shopper, product), range(WINDOWS))]
    cart = shopper.get("/cart").json()
    assert ([item["quantity"] for item in cart["items"]], cart["version"]) == ([WINDOWS], WINDOWS)
    assert sorted(one["version"] for one in carts) == list(range(1, WINDOWS + 1))
    assert {one["version"]: one["items"][0]["quantity"] for one in carts} == {n: n for n in range(1, WINDOWS + 1)}
    assert facts(db, cart["id"]) == [("cart.item.added", n) for n in range(1, WINDOWS + 1)]


def test_a_key_that_is_used_at_once_adds_once(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-API-10: the twins get the same answer, or are told that it is on its way."""
    product, key = shop.product(seller, price=100, stock=100), str(uuid4())

    def once(_: int) -> httpx2.Response:
        return add(shopper, product, 2, **{"Idempotency-Key": key})

    with ThreadPoolExecutor(WINDOWS) as windows:
        answers = list(windows.map(once, range(WINDOWS)))
    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.content for one in answers if one.status_code == 201}) == 1
    assert [item["quantity"] for item in shopper.get("/cart").json()["items"]] == [2]


def test_what_changes_while_it_is_put_in_is_seen(shopper: httpx2.Client, seller: httpx2.Client, pg: str) -> None:
    """The cart of the answer is the one that the units came into, not the one that was there before."""
    first, second = (shop.product(seller, price=100, stock=100) for _ in range(2))
    cart = add(shopper, first).json()
    with psycopg.connect(pg) as other, ThreadPoolExecutor(1) as window:
        other.execute("DELETE FROM cart_items WHERE cart_id = %s", [cart["id"]])
        other.execute("UPDATE carts SET version = version + 1 WHERE id = %s", [cart["id"]])
        adding = window.submit(add, shopper, second, 3, **{"Idempotency-Key": str(uuid4())})
        until_somebody_waits(pg)
        other.commit()
        after = adding.result().raise_for_status().json()
    assert ([item["product_id"] for item in after["items"]], after["version"]) == ([second], cart["version"] + 2)
    shown = shopper.get("/cart").json()
    assert (shown["items"], shown["version"]) == (after["items"], after["version"])
