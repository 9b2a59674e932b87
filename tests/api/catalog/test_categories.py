"""Categories over HTTP: the tree is renamed, moved and pruned."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from api.cache import Cache
from api.catalog import pages
from api.catalog.schemas import ProductPage
from streams.views import inventory_key, product_version_key
from tests.outbox import told

Database = psycopg.Connection[tuple[Any, ...]]


def grow(operator: httpx2.Client, parent: str | None = None, levels: int = 1) -> list[str]:
    """New categories, each below the one before: their ids."""
    path: list[str] = []
    for _ in range(levels):
        body = {"name": uuid4().hex, "parent_id": path[-1] if path else parent}
        path.append(operator.post("/categories", json=body).raise_for_status().json()["id"])
    return path


def put(seller: httpx2.Client, category: str) -> dict[str, Any]:
    fields = {"sku": f"S-{uuid4().hex[:12]}", "name": "Cup", "category_id": category, "price_minor": 250}
    product: dict[str, Any] = seller.post("/products", json=fields).raise_for_status().json()
    return product


def test_a_category_is_renamed_and_moved_with_everything_below_it(
    operator: httpx2.Client, seller: httpx2.Client, db: Database
) -> None:
    """R-CAT-4, V-CAT-5: each category whose path changed tells it once; products are found from their new place."""
    top, (moved, below) = grow(operator)[0], grow(operator, levels=2)
    product = put(seller, below)
    body = {"name": "Cups", "parent_id": top, "position": 3}
    for _ in range(2):
        after = operator.patch(f"/categories/{moved}", json=body).raise_for_status().json()
        assert (after["name"], after["parent_id"], after["position"]) == ("Cups", top, 3)
    path = seller.get(f"/products/{product['id']}").json()["category"]
    assert path[1] == "Cups"
    assert len(path) == 3
    found = seller.get("/products", params={"category_id": top}).json()["items"]
    assert [item["id"] for item in found] == [product["id"]]
    facts = told(db, "category.updated", moved)
    assert [(fact["changed"], fact["title"], fact["path"]) for fact in facts] == [
        (["parent_id", "position", "title"], "Cups", path[:2])
    ]
    assert [(fact["changed"], fact["path"]) for fact in told(db, "category.updated", below)] == [(["path"], path)]
    operator.patch(f"/categories/{moved}", json={"parent_id": None}).raise_for_status()
    assert told(db, "category.updated", moved)[-1]["path"] == ["Cups"]


def test_a_place_in_the_list_tells_of_the_category_alone(operator: httpx2.Client, db: Database) -> None:
    """V-CAT-5, R-EVT-4."""
    parent, child = grow(operator, levels=2)
    operator.patch(f"/categories/{parent}", json={"position": 9}).raise_for_status()
    assert [fact["changed"] for fact in told(db, "category.updated", parent)] == [["position"]]
    assert told(db, "category.updated", child) == []


def test_a_tree_has_no_cycle(operator: httpx2.Client) -> None:
    """R-CAT-4: neither below itself nor below what stands below it."""
    path = grow(operator, levels=3)
    for parent in (path[0], path[2]):
        refused = operator.patch(f"/categories/{path[0]}", json={"parent_id": parent})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/category-cycle")
        assert refused.json()["category_id"] == path[0]


def test_two_moves_at_once_make_no_cycle(operator: httpx2.Client, db: Database) -> None:
    """R-CAT-4: each of two trees is put below the other."""
    for _ in range(5):
        one, other = grow(operator)[0], grow(operator)[0]
        moves = [(one, other), (other, one)]
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda m: operator.patch(f"/categories/{m[0]}", json={"parent_id": m[1]}), moves)
            assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_a_moved_subtree_fits_into_six_levels(operator: httpx2.Client) -> None:
    """R-CAT-4: three levels below the third fit, below the fourth they do not."""
    deep, tree = grow(operator, levels=4), grow(operator, levels=3)
    refused = operator.patch(f"/categories/{tree[0]}", json={"parent_id": deep[3]})
    assert refused.json()["type"] == "/problems/category-cycle"
    operator.patch(f"/categories/{tree[0]}", json={"parent_id": deep[2]}).raise_for_status()


def test_a_parent_has_a_name_once(operator: httpx2.Client) -> None:
    """4.1: by renaming and by moving."""
    parent, name = grow(operator)[0], uuid4().hex
    one, other = grow(operator, parent)[0], grow(operator, parent)[0]
    for category in (one, grow(operator)[0]):
        operator.patch(f"/categories/{category}", json={"name": name}).raise_for_status()
    refused = operator.patch(f"/categories/{other}", json={"name": name})
    assert (refused.status_code, refused.json()["name"]) == (409, name)
    refused = operator.patch(f"/categories/{category}", json={"parent_id": parent})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/category-taken")


@pytest.mark.parametrize(
    "change", [{"name": None}, {"name": ""}, {"position": -1}, {"parent_id": str(uuid4())}, {"slug": "x"}]
)
def test_what_a_change_refuses(operator: httpx2.Client, change: dict[str, object]) -> None:
    """E-CAT-8: the answer names the field."""
    refused = operator.patch(f"/categories/{grow(operator)[0]}", json=change)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/validation-failed")
    assert next(iter(change)) in str(refused.json()["errors"])


def test_an_empty_category_is_deleted(operator: httpx2.Client, seller: httpx2.Client, db: Database) -> None:
    """E-CAT-9, V-CAT-6: children and products are in the way, those that were deleted too (R-CAT-7)."""
    parent, child = grow(operator, levels=2)
    product = put(seller, child)
    seller.delete(f"/products/{product['id']}").raise_for_status()
    for category in (parent, child):
        refused = operator.delete(f"/categories/{category}")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/category-not-empty")
    empty = grow(operator, parent)[0]
    assert [operator.delete(f"/categories/{empty}").status_code for _ in range(2)] == [204, 404]
    assert told(db, "category.deleted", empty) == [{"category_id": empty}]
    assert operator.patch(f"/categories/{empty}", json={"name": "x"}).status_code == 404


def test_categories_are_changed_by_operators_alone(
    operator: httpx2.Client, seller: httpx2.Client, shopper: httpx2.Client, api: str
) -> None:
    """E-CAT-8, E-CAT-9."""
    path = f"/categories/{grow(operator)[0]}"
    for caller in (seller, shopper):
        assert caller.patch(path, json={"name": "x"}).status_code == 403
        assert caller.delete(path).status_code == 403
    assert httpx2.patch(f"{api}/v1{path}", json={"name": "x"}).status_code == 401
    assert httpx2.delete(f"{api}/v1{path}").status_code == 401


async def test_a_page_shows_a_new_name_at_once(
    operator: httpx2.Client, seller: httpx2.Client, shopper: httpx2.Client, redis_url: str
) -> None:
    """R-CAT-1: the copies of all products below go with the old name."""
    parent, child = grow(operator, levels=2)
    product = ProductPage.model_validate(put(seller, child))
    cache = Cache(redis_url)
    await cache.put({inventory_key(product.id): b"7", product_version_key(product.id): b"1"})
    await pages.remember(cache, product)
    operator.patch(f"/categories/{parent}", json={"name": "Renamed"}).raise_for_status()
    assert shopper.get(f"/products/{product.id}").json()["category"][0] == "Renamed"
    await cache.close()


def test_counts_are_of_what_can_be_bought(operator: httpx2.Client, seller: httpx2.Client) -> None:
    """E-CAT-6: active products; a change of the category leaves them."""
    category = grow(operator)[0]
    shop_window = put(seller, category)
    seller.patch(f"/products/{put(seller, category)['id']}", json={"status": "inactive"}).raise_for_status()
    changed = operator.patch(f"/categories/{category}", json={"name": uuid4().hex}).json()
    assert changed["products"] == 1
    seller.delete(f"/products/{shop_window['id']}").raise_for_status()
