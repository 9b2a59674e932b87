"""The cart over HTTP."""

from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from redis import Redis

from tests import shop

Database = psycopg.Connection[Any]


@pytest.fixture
def product(seller: httpx2.Client) -> str:
    return shop.product(seller, price=100, stock=10)


def add(shopper: httpx2.Client, product: str, quantity: int = 1, **headers: str) -> httpx2.Response:
    return shopper.post("/cart/items", json={"product_id": product, "quantity": quantity}, headers=headers)


def facts(db: Database, cart_id: str) -> list[tuple[str, int]]:
    rows = db.execute(
        "SELECT line ->> 'event', (line ->> 'aggregate_seq')::int "
        "FROM (SELECT id, topic, convert_from(line, 'utf8')::json AS line FROM outbox) AS facts "
        "WHERE topic = 'carts' AND line ->> 'aggregate_id' = %s ORDER BY id",
        [cart_id],
    )
    return [(event, seq) for event, seq in rows]


def test_adding_adds_to_the_line_and_holds_nothing(shopper: httpx2.Client, seller: httpx2.Client, product: str) -> None:
    """E-CRT-2, R-CRT-1."""
    add(shopper, product, 2).raise_for_status()
    cart = add(shopper, product, 3).raise_for_status().json()
    assert [(item["quantity"], item["line_total_minor"]) for item in cart["items"]] == [(5, 500)]
    assert (cart["subtotal_minor"], cart["total_minor"], cart["currency"]) == (500, 500, "GBP")
    assert seller.get(f"/products/{product}/inventory").json()["reserved"] == 0


def test_an_empty_cart_is_a_cart(shopper: httpx2.Client) -> None:
    """E-CRT-1."""
    cart = shopper.get("/cart").raise_for_status().json()
    assert (cart["id"], cart["items"], cart["total_minor"]) == (None, [], 0)


def test_prices_are_todays(shopper: httpx2.Client, seller: httpx2.Client, product: str) -> None:
    """R-CRT-7."""
    add(shopper, product).raise_for_status()
    seller.patch(f"/products/{product}", json={"price_minor": 150}).raise_for_status()
    item = shopper.get("/cart").json()["items"][0]
    assert (item["price_minor"], item["price_when_added_minor"], item["price_changed"]) == (150, 100, True)


def test_what_cannot_be_bought_is_not_put_in_and_told(
    shopper: httpx2.Client, seller: httpx2.Client, product: str, db: Database
) -> None:
    """E-CRT-2, V-CRT-4, R-EVT-5."""
    assert add(shopper, str(uuid4())).status_code == 404
    assert add(shopper, product, 11).json()["type"] == "/problems/insufficient-stock"
    seller.patch(f"/products/{product}", json={"status": "inactive"}).raise_for_status()
    assert add(shopper, product).json()["type"] == "/problems/product-inactive"
    assert add(shopper, product, 100).json()["type"] == "/problems/validation-failed"
    cart = shopper.get("/cart").json()
    assert cart["items"] == []
    assert facts(db, cart["id"]) == [("cart.item.rejected", 1), ("cart.item.rejected", 2)]


def test_one_currency_a_cart(api: str, shopper: httpx2.Client, product: str) -> None:
    """R-CRT-9: until it is empty again."""
    other, _ = shop.seller(api, "EUR")
    with closing(other):
        dear = shop.product(other, price=100, stock=5, currency="EUR")
    add(shopper, product).raise_for_status()
    assert add(shopper, dear).json()["type"] == "/problems/currency-mismatch"
    shopper.delete("/cart").raise_for_status()
    assert add(shopper, dear).raise_for_status().json()["currency"] == "EUR"


def test_lines_change_lower_and_go(shopper: httpx2.Client, product: str, db: Database) -> None:
    """E-CRT-3, E-CRT-4, E-CRT-5: every change is one fact, in order."""
    cart = add(shopper, product, 4).raise_for_status().json()
    line = f"/cart/items/{cart['items'][0]['id']}"
    changed = shopper.patch(line, json={"quantity": 3, "expected_version": cart["version"]}).raise_for_status().json()
    stale = shopper.patch(line, json={"quantity": 9, "expected_version": cart["version"]})
    assert (stale.status_code, stale.json()["current_version"]) == (409, changed["version"])
    shopper.post("/cart/remove", json={"product_id": product, "quantity": 1}).raise_for_status()
    assert shopper.delete(line).raise_for_status().json()["items"] == []
    assert shopper.delete(line).status_code == 404
    assert shopper.post("/cart/remove", json={"product_id": product}).status_code == 200
    assert [shopper.delete("/cart").status_code for _ in range(2)] == [204, 204]
    names = ["cart.item.added", "cart.item.changed", "cart.item.changed", "cart.item.removed"]
    assert facts(db, cart["id"]) == list(zip(names, range(1, 5), strict=True))


def test_an_expired_cart_answers_as_empty(shopper: httpx2.Client, product: str, db: Database) -> None:
    """R-CRT-4."""
    old = add(shopper, product).raise_for_status().json()["id"]
    db.execute("UPDATE carts SET expires_at = now() WHERE id = %s", [old])
    assert shopper.get("/cart").json()["items"] == []
    new = add(shopper, product).raise_for_status().json()
    assert new["id"] != old
    assert facts(db, old)[-1] == ("cart.expired", 2)


def test_redis_holds_a_copy_and_losing_it_loses_nothing(shopper: httpx2.Client, product: str, redis_url: str) -> None:
    """R-CRT-8."""
    add(shopper, product).raise_for_status()
    user_id = shopper.get("/users/me").json()["id"]
    with Redis.from_url(redis_url) as redis:
        assert redis.ttl(f"cart:{user_id}") > 29 * 86_400
        redis.flushdb()
        assert len(shopper.get("/cart").json()["items"]) == 1
        add(shopper, product).raise_for_status()
        assert redis.exists(f"cart:{user_id}")
        shopper.post("/checkout", json={"address": shop.ADDRESS}).raise_for_status()
        assert not redis.exists(f"cart:{user_id}")


def test_a_key_makes_adding_safe_to_repeat(shopper: httpx2.Client, product: str) -> None:
    """R-API-10."""
    key = {"Idempotency-Key": str(uuid4())}
    first, again = add(shopper, product, 2, **key), add(shopper, product, 2, **key)
    assert (first.content, again.headers["idempotent-replayed"]) == (again.content, "true")
    assert shopper.get("/cart").json()["items"][0]["quantity"] == 2
    assert add(shopper, product, 3, **key).json()["type"] == "/problems/idempotency-key-reused"
