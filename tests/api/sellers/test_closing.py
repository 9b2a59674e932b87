"""A shop that closes while its goods are checked out or complained about: what is there is in the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.complaints.people import BROKEN, arrived, bought, complain, resolve
from tests.locks import until_somebody_waits

Database = psycopg.Connection[tuple[Any, ...]]
Ask = Callable[[], httpx2.Response]
ORDERS = "SELECT count(*) FROM order_items WHERE product_id = %s"
SECOND_ROW = "INSERT INTO inventory (id, product_id, bucket, on_hand) VALUES (uuidv7(), %s, 1, 5)"
SAME_KEY = "INSERT INTO idempotency_keys (caller, method, path, key, body_hash) VALUES (%s, 'POST', %s, %s, 'x')"


def check_out(shopper: httpx2.Client, key: str) -> httpx2.Response:
    body = {"address": shop.ADDRESS, "payment_method": "card"}
    return shopper.post("/checkout", json=body, headers={"Idempotency-Key": key})


def close(operator: httpx2.Client, owner: httpx2.Client) -> httpx2.Response:
    return operator.patch(f"/sellers/{owner.headers['X-Seller']}", json={"status": "closed"})


def closed_beside(pg: str, held: Database, ask: Ask, close_it: Ask) -> httpx2.Response:
    """What the closing answers that waits for a call, which waits for what is held; the call succeeds."""
    with ThreadPoolExecutor(2) as desks:
        asking = desks.submit(ask)
        until_somebody_waits(pg)
        closed = desks.submit(close_it)
        until_somebody_waits(pg, 2)
        held.rollback()
        asking.result().raise_for_status()
        return closed.result()


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
    with closing(shop.seller(api)[0]) as owner, psycopg.connect(pg) as other:
        product = shop.product(owner, price=1000, stock=5)
        shop.put_in_cart(shopper, product, 1)
        other.execute(SAME_KEY, [me, "/v1/checkout", key])
        refused = closed_beside(pg, other, partial(check_out, shopper, key), partial(close, operator, owner))
    assert (refused.status_code, refused.json()["orders"]) == (409, 1)
    assert db.execute(ORDERS, [product]).fetchone() == (1,)


@pytest.mark.parametrize(("asked", "body"), [("complaint", BROKEN), ("return", {"reason": "defect"})])
def test_a_closing_waits_for_what_is_asked_of_the_shop(  # noqa: PLR0917 - fixtures
    api: str, category: str, operator: httpx2.Client, shopper: httpx2.Client, db: Database, pg: str,
    asked: str, body: dict[str, str],
) -> None:  # fmt: skip
    """R-SEL-5: it was asked before, and not there to be seen yet."""
    key, me = str(uuid4()), shopper.get("/users/me").json()["id"]
    with closing(keeping_nothing(api, operator)) as owner, psycopg.connect(pg) as other:
        path = f"/orders/{delivered(shopper, owner, db)}/{asked}"
        other.execute(SAME_KEY, [me, f"/v1{path}", key])
        ask = partial(shopper.post, path, json=body, headers={"Idempotency-Key": key})
        refused = closed_beside(pg, other, ask, partial(close, operator, owner))
    assert (refused.status_code, refused.json().get("orders")) == (409, 1)


def test_who_is_overtaken_by_a_closing_complains_as_before(  # noqa: PLR0917 - fixtures
    api: str, category: str, operator: httpx2.Client, shopper: httpx2.Client, db: Database, pg: str
) -> None:
    """R-ORD-18: within 30 days, whatever becomes of the shop; operators settle it, and take what is sent back."""
    with closing(keeping_nothing(api, operator)) as owner, psycopg.connect(pg) as other, ThreadPoolExecutor(1) as desk:
        order_id = delivered(shopper, owner, db)
        other.execute("SELECT FROM orders WHERE id = %s FOR UPDATE", [order_id])
        asking = desk.submit(complain, shopper, order_id)
        until_somebody_waits(pg)
        assert close(operator, owner).raise_for_status().json()["status"] == "closed"
        other.rollback()
        asking.result().raise_for_status()
    shopper.post(f"/orders/{order_id}/return", json={"reason": "defect"}).raise_for_status()
    operator.post(f"/orders/{order_id}/return/receive", json={"refund_minor": 400}).raise_for_status()
    resolve(operator, order_id, "refund", amount_minor=600).raise_for_status()


def test_only_returns_of_own_goods_keep_a_shop_open(
    api: str, category: str, operator: httpx2.Client, shopper: httpx2.Client, db: Database
) -> None:
    """R-SEL-5: another seller's part in the order keeps nobody else, as with complaints."""
    with closing(keeping_nothing(api, operator)) as owner, closing(keeping_nothing(api, operator)) as other:
        order = bought(shopper, *(shop.product(each, price=1000, stock=1) for each in (owner, other)))
        arrived(db, order["id"])
        line = next(each["id"] for each in order["items"] if each["seller_id"] == other.headers["X-Seller"])
        wish = {"reason": "defect", "items": [{"order_item_id": line, "quantity": 1}]}
        shopper.post(f"/orders/{order['id']}/return", json=wish).raise_for_status()
        assert close(operator, other).json()["orders"] == 1
        assert close(operator, owner).raise_for_status().json()["status"] == "closed"


def keeping_nothing(api: str, operator: httpx2.Client) -> httpx2.Client:
    """A seller whom the platform leaves nothing, so that nothing is owed when all has arrived."""
    owner = shop.seller(api)[0]
    operator.patch(f"/sellers/{owner.headers['X-Seller']}", json={"commission_bp": 10_000}).raise_for_status()
    return owner


def delivered(shopper: httpx2.Client, owner: httpx2.Client, db: Database) -> str:
    """An order of a seller's goods that has arrived; its id."""
    order = bought(shopper, shop.product(owner, price=1000, stock=1))
    arrived(db, order["id"])
    return str(order["id"])
