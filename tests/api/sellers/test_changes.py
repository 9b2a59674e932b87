"""Changes of seller accounts: profile, status, commission."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.outbox import told

Database = psycopg.Connection[tuple[Any, ...]]
SHIP_FROM = {
    "province_id": 31, "city_id": 3171, "province_name": "Greater London", "city_name": "London",
    "street": "1 Great Russell Street", "postal_code": "WC1B",
}  # fmt: skip


@pytest.fixture
def owner(api: str, category: str) -> Iterator[httpx2.Client]:
    """A new seller; the header X-Seller has its id."""
    with closing(shop.seller(api)[0]) as client:
        yield client


def path(owner: httpx2.Client) -> str:
    return f"/sellers/{owner.headers['X-Seller']}"


def test_an_owner_changes_the_profile(owner: httpx2.Client, db: Database) -> None:
    """E-SEL-5, R-API-12: absent stays, null clears ship_from; one fact a change, none without one (R-EVT-4)."""
    before = owner.get("/sellers/me").json()
    body = {"legal_name": "Blue Door Holdings", "ship_from": SHIP_FROM, "low_stock_threshold": 7}
    after = owner.patch(path(owner), json={**body, "expected_version": 1}).raise_for_status().json()
    assert (after["legal_name"], after["ship_from"], after["version"]) == ("Blue Door Holdings", SHIP_FROM, 2)
    assert after["contact_email"] == before["contact_email"]
    assert owner.patch(path(owner), json=body).json()["version"] == 2
    assert owner.patch(path(owner), json={"ship_from": None}).json()["ship_from"] is None
    stale = owner.patch(path(owner), json={"legal_name": "X", "expected_version": 1})
    assert (stale.status_code, stale.json()["current_version"]) == (409, 3)
    facts = told(db, "seller.updated", owner.headers["X-Seller"])
    assert [fact["changed"] for fact in facts] == [["legal_name", "low_stock_threshold", "ship_from"], ["ship_from"]]
    assert facts[0]["low_stock_threshold"] == 7
    assert "Blue Door" not in str(facts)


@pytest.mark.parametrize(
    "change",
    [
        {"legal_name": None}, {"display_name": "x"}, {"commission_bp": 10_001}, {"low_stock_threshold": -1},
        {"status": "pending"}, {"slug": "x"}, {"currency": "XXQ"}, {"ship_from": {**SHIP_FROM, "province_id": 2**31}},
    ],
)  # fmt: skip
def test_what_a_change_refuses(owner: httpx2.Client, change: dict[str, object]) -> None:
    """E-SEL-5: the answer names the field."""
    refused = owner.patch(path(owner), json=change)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/validation-failed")
    assert next(iter(change)) in str(refused.json()["errors"])


def test_status_and_commission_are_for_operators(
    api: str, owner: httpx2.Client, operator: httpx2.Client, shopper: httpx2.Client
) -> None:
    """E-SEL-5, R-API-9."""
    for change in ({"status": "suspended"}, {"commission_bp": 0}):
        assert owner.patch(path(owner), json=change).json()["type"] == "/problems/forbidden"
        assert shopper.patch(path(owner), json=change).status_code == 403
        assert httpx2.patch(f"{api}/v1{path(owner)}", json=change).status_code == 401
        operator.patch(path(owner), json=change).raise_for_status()
    with closing(shop.seller(api)[0]) as other:
        assert other.patch(path(owner), json={"legal_name": "Mine"}).json()["type"] == "/problems/not-found"


def test_a_name_is_one_sellers(api: str, owner: httpx2.Client) -> None:
    """E-SEL-5: display names are unique whatever their case."""
    with closing(shop.seller(api)[0]) as other:
        name = other.get("/sellers/me").json()["display_name"]
    assert owner.patch(path(owner), json={"display_name": name.upper()}).json()["type"] == "/problems/seller-exists"


def test_the_currency_is_fixed_by_the_first_product(owner: httpx2.Client) -> None:
    """3.1: also when that product is gone again."""
    assert owner.patch(path(owner), json={"currency": "EUR"}).json()["currency"] == "EUR"
    product = shop.product(owner, price=100, stock=0, currency="EUR")
    owner.delete(f"/products/{product}").raise_for_status()
    refused = owner.patch(path(owner), json={"currency": "GBP"})
    assert (refused.status_code, refused.json()["expected"]) == (422, "EUR")


def test_a_suspended_seller_sells_nothing_from_the_commit_on(
    owner: httpx2.Client, operator: httpx2.Client, shopper: httpx2.Client, api: str
) -> None:
    """R-SEL-2: lists, counts, carts and checkouts; what was in a cart is shown as unavailable."""
    product = shop.product(owner, price=100, stock=5)
    seller_id = owner.headers["X-Seller"]
    shop.put_in_cart(shopper, product, 1)
    counted = products_of_first_category(shopper)
    operator.patch(path(owner), json={"status": "suspended"}).raise_for_status()
    assert shopper.get("/products", params={"seller_id": seller_id}).json()["items"] == []
    assert products_of_first_category(shopper) == counted - 1
    levels = shopper.get("/products/inventory", params={"ids": product}).json()
    assert levels == {"items": [], "missing": [product]}
    assert shopper.get(f"/products/{product}/inventory").status_code == 404
    assert owner.get(f"/products/{product}/inventory").json()["on_hand"] == 5
    assert shopper.get(path(owner)).status_code == 404
    refused = shopper.post("/checkout", json={"address": shop.ADDRESS, "payment_method": "card"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/seller-inactive")
    assert shopper.get("/cart").json()["items"][0]["unavailable_reason"] == "seller-inactive"
    with closing(shop.account(api)) as other:
        refused = other.post("/cart/items", json={"product_id": product, "quantity": 1})
        assert refused.json()["type"] == "/problems/seller-inactive"
    assert owner.post("/products", json={}).status_code == 422
    owner.patch(path(owner), json={"legal_name": "Still mine"}).raise_for_status()
    operator.patch(path(owner), json={"status": "active"}).raise_for_status()
    shop.checkout(shopper)


def products_of_first_category(client: httpx2.Client) -> int:
    found: int = client.get("/categories").json()["items"][0]["products"]
    return found


def test_a_commission_counts_for_orders_placed_after_it(
    owner: httpx2.Client, operator: httpx2.Client, shopper: httpx2.Client, db: Database
) -> None:
    """R-SEL-4: each order line keeps its own."""
    product = shop.product(owner, price=100, stock=5)
    orders = []
    for commission in (1000, 250):
        operator.patch(path(owner), json={"commission_bp": commission}).raise_for_status()
        shop.put_in_cart(shopper, product, 1)
        orders.append(shop.checkout(shopper)["id"])
    kept = db.execute(
        "SELECT commission_bp FROM order_items WHERE order_id = ANY(%s::uuid[]) ORDER BY commission_bp", [orders]
    )
    assert kept.fetchall() == [(250,), (1000,)]


def test_a_seller_is_closed_when_nothing_is_open_and_for_good(
    owner: httpx2.Client, operator: httpx2.Client, shopper: httpx2.Client
) -> None:
    """R-SEL-5: orders under way and money owed are in the way."""
    product = shop.product(owner, price=1000, stock=5)
    shop.put_in_cart(shopper, product, 1)
    order = shop.checkout(shopper)["id"]
    refused = operator.patch(path(owner), json={"status": "closed"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/open-obligations")
    assert (refused.json()["orders"], refused.json()["balance_minor"]) == (1, 0)
    shop.pay(shopper, order).raise_for_status()
    assert operator.patch(path(owner), json={"status": "closed"}).json()["balance_minor"] == 900
    assert owner.get("/sellers/me").json()["status"] == "active"


def test_a_closed_seller_changes_no_more(owner: httpx2.Client, operator: httpx2.Client) -> None:
    """R-SEL-5, E-SEL-5; saying it again is fine."""
    for _ in range(2):
        assert operator.patch(path(owner), json={"status": "closed"}).json()["status"] == "closed"
    for caller, change in ((owner, {"legal_name": "X"}), (operator, {"status": "active"})):
        refused = caller.patch(path(owner), json=change)
        assert (refused.status_code, refused.json()["current_status"]) == (409, "closed")
    assert owner.get("/sellers/me").json()["status"] == "closed"


def test_nobody_is_promised_what_a_suspended_seller_would_give(
    owner: httpx2.Client, operator: httpx2.Client, shopper: httpx2.Client
) -> None:
    """R-SEL-2, E-PRO-2: the promotion goes with the shop, and comes back with it; its owner sees it all the time."""
    advent = {"name": "Advent", "kind": "percent", "value_bp": 1000, "status": "active"}
    made = owner.post("/promotions", json=advent).raise_for_status().json()["id"]
    for status, seen in (("suspended", 404), ("active", 200)):
        operator.patch(path(owner), json={"status": status}).raise_for_status()
        assert shopper.get(f"/promotions/{made}").status_code == seen
        listed = shopper.get("/promotions", params={"seller_id": owner.headers["X-Seller"]}).json()["items"]
        assert [each["id"] for each in listed] == [made][: seen == 200]
        assert owner.get(f"/promotions/{made}").status_code == 200
