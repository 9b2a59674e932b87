"""What orders, journals and events refer to is never gone, whatever is deleted over HTTP."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop

REFERRED_TO = (
    "users", "sellers", "products", "categories", "orders", "order_items", "payments", "journal_entries",
    "journal_lines", "shipments", "reviews", "promotions", "inventory", "stock_movements",
)  # fmt: skip


@pytest.fixture
def kept(db: psycopg.Connection[Any]) -> Iterator[None]:
    """A database that takes no DELETE on those tables."""
    db.execute("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''deleted''; END'")
    for table in REFERRED_TO:
        db.execute(f"CREATE TRIGGER keep BEFORE DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION keep()")
    yield
    db.execute("DROP FUNCTION keep CASCADE")


def test_what_was_sold_stays_readable(
    api: str, seller: httpx2.Client, shopper: httpx2.Client, db: psycopg.Connection[Any], kept: None
) -> None:
    """R-API-17, R-CAT-5: the product leaves the shop, its row, stock and name in the order stay."""
    product_id = shop.product(seller, price=500, stock=5)
    shop.put_in_cart(shopper, product_id, 1)
    order = shop.checkout(shopper)
    assert seller.delete(f"/products/{product_id}").status_code == 204
    assert shopper.get(f"/products/{product_id}").status_code == 404
    assert db.execute("SELECT status FROM products WHERE id = %s", [product_id]).fetchone() == ("deleted",)
    (line,) = shopper.get(f"/orders/{order['id']}").raise_for_status().json()["items"]
    assert (line["product_id"], line["product_name"]) == (product_id, "Teapot")


def test_an_account_that_ends_leaves_its_orders(
    api: str, seller: httpx2.Client, operator: httpx2.Client, db: psycopg.Connection[Any], kept: None
) -> None:
    """R-API-17, R-USR-15: the row stays, without the person."""
    product_id = shop.product(seller, price=500, stock=5)
    with closing(shop.account(api)) as buyer:
        shop.put_in_cart(buyer, product_id, 1)
        order_id = shop.checkout(buyer)["id"]
        buyer.post(f"/orders/{order_id}/cancel", json={"reason": "customer_request"}).raise_for_status()
        ended = buyer.request("DELETE", "/users/me", json={"password": shop.PASSWORD})
        assert ended.status_code == 202, ended.text
        email = buyer.headers["X-Person"]
    shop.sign_in_again(operator)
    assert operator.get(f"/orders/{order_id}").status_code == 200
    assert db.execute("SELECT FROM users WHERE email = %s", [email]).fetchone() is None
    found = db.execute("SELECT FROM users u JOIN orders o ON o.user_id = u.id WHERE o.id = %s", [order_id])
    assert found.fetchone() is not None
