"""A shop that closes while its goods are checked out: either the order is there and in the way, or there is none."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop
from tests.locks import until_somebody_waits

Database = psycopg.Connection[tuple[Any, ...]]
ORDERS = "SELECT count(*) FROM order_items WHERE product_id = %s"
SECOND_ROW = "INSERT INTO inventory (id, product_id, bucket, on_hand) VALUES (uuidv7(), %s, 1, 5)"
SAME_KEY = "INSERT INTO idempotency_keys (caller, method, path, key, body_hash) VALUES (%s, 'POST', %s, %s, 'x')"


def check_out(shopper: httpx2.Client, key: str) -> httpx2.Response:
    body = {"address": shop.ADDRESS, "payment_method": "card"}
    return shopper.post("/checkout", json=body, headers={"Idempotency-Key": key})


def close(operator: httpx2.Client, owner: httpx2.Client) -> httpx2.Response:
    return operator.patch(f"/sellers/{owner.headers['X-Seller']}", json={"status": "closed"})


@pytest.mark.parametrize("rows", [1, 2])
def test_who_is_overtaken_by_a_closing_buys_nothing(  # noqa: PLR0917 - fixtures
    api: str, category: str, operator: httpx2.Client, shopper: httpx2.Client, db: Database, pg: str, rows: int
) -> None:
    """R-SEL-5: also by the longer way, which goods in several rows take."""
    with closing(shop.seller(api)[0]) as owner, psycopg.connect(pg) as other, ThreadPoolExecutor(1) as till:
        product = shop.product(owner, price=1000, stock=5)
        if rows > 1:
            db.execute(SECOND_ROW, [product])
        shop.put_in_cart(shopper, product, 1)
        other.execute("SELECT FROM carts WHERE id = %s FOR UPDATE", [shopper.get("/cart").json()["id"]])
        buying = till.submit(check_out, shopper, str(uuid4()))
        until_somebody_waits(pg)
        assert close(operator, owner).raise_for_status().json()["status"] == "closed"
        other.rollback()
        refused = buying.result()
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/seller-inactive")
    assert db.execute(ORDERS, [product]).fetchone() == (0,)


def test_a_closing_waits_for_checkouts_and_counts_them(  # noqa: PLR0917 - fixtures
    api: str, category: str, operator: httpx2.Client, shopper: httpx2.Client, db: Database, pg: str
) -> None:
    """R-SEL-5: the order was not there to be seen yet; the shop closed, and owed what it could not be paid."""
    key, me = str(uuid4()), shopper.get("/users/me").json()["id"]
    with closing(shop.seller(api)[0]) as owner, psycopg.connect(pg) as other, ThreadPoolExecutor(2) as tills:
        product = shop.product(owner, price=1000, stock=5)
        shop.put_in_cart(shopper, product, 1)
        other.execute(SAME_KEY, [me, "/v1/checkout", key])
        buying = tills.submit(check_out, shopper, key)
        until_somebody_waits(pg)
        closed = tills.submit(close, operator, owner)
        until_somebody_waits(pg, 2)
        other.rollback()
        buying.result().raise_for_status()
        refused = closed.result()
    assert (refused.status_code, refused.json()["orders"]) == (409, 1)
    assert db.execute(ORDERS, [product]).fetchone() == (1,)
