"""Products and categories over HTTP."""

from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from api.cache import Cache
from api.catalog import pages
from api.catalog.schemas import ProductPage
from streams.views import inventory_key, product_version_key
from tests import shop
from tests.outbox import told


def fields(category: str, **changed: object) -> dict[str, object]:
    return {"sku": f"S-{uuid4().hex[:12]}", "name": "Cup", "category_id": category, "price_minor": 250, **changed}


def listed(client: httpx2.Client, **query: object) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/products", params=query).raise_for_status().json()["items"]  # type: ignore[arg-type]
    return items


def test_a_product_comes_with_its_stock_row(seller: httpx2.Client, category: str) -> None:
    """E-CAT-1: the opening stock is movement 1."""
    product = seller.post("/products", json=fields(category, on_hand=7)).raise_for_status().json()
    assert (product["available"], product["currency"], product["category"]) == (7, "GBP", ["Kitchen"])
    stock = seller.get(f"/products/{product['id']}/inventory").json()
    assert (stock["on_hand"], stock["version"]) == (7, 1)


@pytest.mark.parametrize(
    ("changed", "slug"),
    [
        ({"currency": "EUR"}, "currency-mismatch"),
        ({"price_minor": 2.5}, "validation-failed"),
        ({"price_minor": 0}, "validation-failed"),
        ({"sku": str(uuid4())}, "validation-failed"),
        ({"category_id": str(uuid4())}, "validation-failed"),
        ({"colour": "blue"}, "validation-failed"),
        ({"name": "a\u0000b"}, "validation-failed"),
    ],
)
def test_what_a_product_may_not_be(seller: httpx2.Client, category: str, changed: dict[str, object], slug: str) -> None:
    """R-API-3, R-API-4, R-API-5."""
    refused = seller.post("/products", json=fields(category, **changed))
    assert (refused.status_code, refused.json()["type"]) == (422, f"/problems/{slug}")


def test_a_sku_is_taken_for_good(seller: httpx2.Client, category: str) -> None:
    """R-CAT-7."""
    draft = fields(category)
    product = seller.post("/products", json=draft).raise_for_status().json()
    assert [seller.delete(f"/products/{product['id']}").status_code for _ in range(2)] == [204, 204]
    assert seller.post("/products", json=draft).json()["type"] == "/problems/sku-taken"
    assert product["id"] not in [item["id"] for item in listed(seller, seller_id=product["seller_id"])]


def test_a_change_is_seen_at_once_and_told_once(
    seller: httpx2.Client, shopper: httpx2.Client, category: str, db: psycopg.Connection[Any]
) -> None:
    """R-CAT-1, R-EVT-4: the copy in Redis goes with the change."""
    product = seller.post("/products", json=fields(category)).raise_for_status().json()
    path = f"/products/{product['id']}"
    assert shopper.get(path).json()["price_minor"] == 250
    seller.patch(path, json={"price_minor": 300, "expected_version": 1}).raise_for_status()
    assert shopper.get(path).json()["price_minor"] == 300
    assert seller.patch(path, json={"price_minor": 300}).json()["version"] == 2
    stale = seller.patch(path, json={"price_minor": 1, "expected_version": 1})
    assert (stale.status_code, stale.json()["current_version"]) == (409, 2)
    told = db.execute(
        "SELECT convert_from(line, 'utf8')::json -> 'payload' ->> 'price_before_minor' FROM outbox "
        "WHERE convert_from(line, 'utf8')::json ->> 'event' = 'product.updated' AND line LIKE %s",
        [f"%{product['id']}%".encode()],
    ).fetchall()
    assert told == [("250",)]


async def test_a_page_read_before_a_change_never_comes_after_it(
    seller: httpx2.Client, shopper: httpx2.Client, category: str, redis_url: str
) -> None:
    """R-CAT-1: a reader that was slow to store what it had read is refused; so is a change that Redis did not see."""
    old = ProductPage.model_validate(seller.post("/products", json=fields(category)).raise_for_status().json())
    cache, path = Cache(redis_url), f"/products/{old.id}"
    await cache.put({inventory_key(old.id): b"7", product_version_key(old.id): b"1"})
    await pages.remember(cache, old)
    assert shopper.get(path).json()["available"] == 7
    seller.patch(path, json={"price_minor": 300}).raise_for_status()
    await pages.remember(cache, old)
    assert shopper.get(path).json()["price_minor"] == 300
    await cache.drop(pages.key(old.id))
    await pages.remember(cache, old)
    assert shopper.get(path).json()["price_minor"] == 250, "nobody can know before the log says so"
    await cache.put({product_version_key(old.id): b"2"})
    assert shopper.get(path).json()["price_minor"] == 300
    await cache.close()


def test_another_seller_may_not_touch_it(api: str, seller: httpx2.Client, category: str) -> None:
    """R-API-9, R-SEL-1."""
    product = seller.post("/products", json=fields(category)).json()["id"]
    other, _ = shop.seller(api)
    with closing(other):
        assert other.patch(f"/products/{product}", json={"price_minor": 1}).status_code == 404
        assert other.delete(f"/products/{product}").status_code == 404
        assert other.post(f"/inventory/{product}", json={"quantity": 1}).status_code == 404
        assert "on_hand" not in other.get(f"/products/{product}/inventory").json()


def test_inactive_products_are_the_owners(seller: httpx2.Client, shopper: httpx2.Client, category: str) -> None:
    """E-CAT-2, E-CAT-3."""
    product = seller.post("/products", json=fields(category)).json()
    path = f"/products/{product['id']}"
    seller.patch(path, json={"status": "inactive"}).raise_for_status()
    assert (seller.get(path).status_code, shopper.get(path).status_code) == (200, 404)
    query = {"seller_id": product["seller_id"], "status": "inactive", "limit": 100}
    assert product["id"] in [item["id"] for item in listed(seller, **query)]
    assert listed(shopper, **query) == []


def test_a_product_is_prepared_before_it_is_for_sale(
    seller: httpx2.Client, shopper: httpx2.Client, category: str, db: psycopg.Connection[tuple[Any, ...]]
) -> None:
    """E-CAT-1: every writable field; its pictures and its stock are there when it goes on sale."""
    product = seller.post("/products", json=fields(category) | {"status": "inactive"}).raise_for_status().json()
    path = f"/products/{product['id']}"
    assert (product["status"], shopper.get(path).status_code) == ("inactive", 404)
    assert [fact["status"] for fact in told(db, "product.created", product["id"])] == ["inactive"]
    seller.patch(path, json={"status": "active"}).raise_for_status()
    assert shopper.get(path).raise_for_status().json()["status"] == "active"


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "price", "-price", "name", "-name", "rating", "-rating"])
def test_pages_hold_every_product_once_in_order(seller: httpx2.Client, operator: httpx2.Client, sort: str) -> None:
    """R-API-6, R-API-7: also when one is added while paging."""
    shelf = operator.post("/categories", json={"name": uuid4().hex}).json()["id"]
    for price in (30, 10, 20, 10, 30):
        seller.post("/products", json=fields(shelf, price_minor=price, name=f"Cup {price}")).raise_for_status()
    found, cursor = [], None
    while True:
        query = {"category_id": shelf, "sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = seller.get("/products", params=query).raise_for_status().json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        if len(found) == 2:
            seller.post("/products", json=fields(shelf, price_minor=15, name="Cup 15")).raise_for_status()
    ids = [item["id"] for item in found]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 5
    if sort.endswith("price"):
        prices = [item["price_minor"] for item in found]
        assert prices == sorted(prices, reverse=sort.startswith("-"))


def test_a_cursor_is_good_for_its_own_list_only(seller: httpx2.Client, category: str) -> None:
    """R-API-6: cursor-invalid."""
    for _ in range(2):
        seller.post("/products", json=fields(category)).raise_for_status()
    cursor = seller.get("/products", params={"limit": 1}).json()["next_cursor"]
    altered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for query in ({"sort": "name", "cursor": cursor}, {"cursor": altered}, {"cursor": "x"}, {"cursor": "ä"}):
        refused = seller.get("/products", params=query)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/cursor-invalid")


def test_a_category_brings_everything_below_it(seller: httpx2.Client, operator: httpx2.Client) -> None:
    """E-CAT-2 with descendants, R-CAT-4: six levels."""
    parent, path = None, []
    for level in range(6):
        answer = operator.post("/categories", json={"name": f"{uuid4().hex} {level}", "parent_id": parent})
        parent = answer.raise_for_status().json()["id"]
        path.append(parent)
    assert (
        operator.post("/categories", json={"name": "x", "parent_id": parent}).json()["type"]
        == "/problems/category-cycle"
    )
    product = seller.post("/products", json=fields(path[-1])).raise_for_status().json()
    assert len(product["category"]) == 6
    assert [item["id"] for item in listed(seller, category_id=path[0])] == [product["id"]]
    assert seller.post("/categories", json={"name": "x"}).status_code == 403


def test_filters_narrow_the_list(seller: httpx2.Client, operator: httpx2.Client) -> None:
    """E-CAT-2."""
    shelf = operator.post("/categories", json={"name": uuid4().hex}).json()["id"]
    cheap = seller.post("/products", json=fields(shelf, price_minor=5, brand="Fir", on_hand=1)).json()["id"]
    dear = seller.post("/products", json=fields(shelf, price_minor=50, brand="Oak")).json()["id"]

    def found(**query: object) -> set[str]:
        return {item["id"] for item in listed(seller, category_id=shelf, **query)}

    assert found(price_max=10) == {cheap}
    assert found(price_min=10) == {dear}
    assert found(brand=["Fir", "Oak"]) == {cheap, dear}
    assert found(in_stock=True) == {cheap}
    assert found(in_stock=False) == {dear}
    assert found(ids=[dear]) == {dear}
    assert found(rating_min="1.5") == set()
    assert seller.get("/products", params={"colour": "blue"}).status_code == 422
