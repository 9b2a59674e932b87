"""A shop's goods, in PostgreSQL and in the index, and an api for each."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.search.indexing import Indexing
from tests.api.serving import serving

GOODS: dict[str, dict[str, Any]] = {
    "red": {"name": "Red teapot", "brand": "Acme", "price_minor": 250, "on_hand": 5,
            "specifications": {"colour": "Red ", "dress size": 10.0}},
    "blue": {"name": "Blue teapot", "brand": "Acme", "price_minor": 1_900, "on_hand": 0,
             "specifications": {"colour": "blue", "set of": "10"}},
    "kettle": {"name": "Copper kettle", "brand": "Bodum", "price_minor": 4_000, "on_hand": 2,
               "description": "Goes well with every teapot.", "keywords": ["stove top"],
               "specifications": {"litres": 0.1, "serial": 9007199254740991}},
    "lamp": {"name": "Desk lamp", "price_minor": 900, "on_hand": 1, "keywords": ["Lumière"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def goods(seller: httpx2.Client, operator: httpx2.Client, category: str) -> dict[str, str]:
    """Products by a short name; the lamp is in a category below."""
    below = operator.post("/categories", json={"name": "Tea lights", "parent_id": category}).raise_for_status().json()
    found = {}
    for number, (word, fields) in enumerate(GOODS.items()):
        within = below["id"] if word == "lamp" else category
        answer = seller.post("/products", json={"sku": f"T-{number}", "category_id": within, **fields})
        found[word] = answer.raise_for_status().json()["id"]
    return found


@pytest.fixture(scope="module")
def indexing(pg: str, meili: tuple[str, str], env: dict[str, str]) -> Indexing:
    """The way into the index."""
    return Indexing(pg, meili, env["ATLANTIC_TOPIC_PREFIX"])


@pytest.fixture(scope="module")
def indexed(goods: dict[str, str], indexing: Indexing) -> dict[str, str]:
    """The goods, once they stand in the index."""
    indexing.sync()
    return goods


@pytest.fixture(scope="module")
def away(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api without Meilisearch."""
    home = tmp_path_factory.mktemp("away")
    with serving(
        rate_limits=False, kafka_bootstrap=NOBODY_LISTENS, home=home, meilisearch_url="http://127.0.0.1:9"
    ) as api:
        yield api


@pytest.fixture(params=["meilisearch", "postgres"])
def client(request: pytest.FixtureRequest, api: str, away: str, indexed: dict[str, str]) -> Iterator[httpx2.Client]:
    """Anybody, before either of them; the source stands in X-Source."""
    with closing(shop.client_of(api if request.param == "meilisearch" else away)) as found:
        found.headers["X-Source"] = request.param
        yield found
