"""What callers without a token read of the catalogue: past the framework, and as true as by any other way."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import httpx2
import psycopg
import pytest
from limits import parse

from api import rates
from api.cache import Cache
from streams.views import inventory_key, product_version_key
from tests import shop
from tests.api.base.listening import heard
from tests.api.catalog.test_products import fields, listed
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving
from tests.line import eventually

OF_A_CALL = ("x-request-id", "traceparent", "date")


@pytest.fixture
def anybody(api: str) -> Iterator[httpx2.Client]:
    """A caller without a token."""
    with closing(shop.client_of(api)) as client:
        yield client


@pytest.fixture
def product(seller: httpx2.Client, category: str) -> dict[str, Any]:
    """A new product, of 250 pence."""
    found: dict[str, Any] = seller.post("/products", json=fields(category, on_hand=3)).raise_for_status().json()
    return found


def mine(client: httpx2.Client, product: dict[str, Any], **query: object) -> list[tuple[str, int]]:
    """The product's seller's list: ids with prices, read twice, as a first and as a known query."""
    first, again = (read(client, product, **query) for _ in range(2))
    assert first == again
    return again


def read(client: httpx2.Client, product: dict[str, Any], **query: object) -> list[tuple[str, int]]:
    """The same, read once."""
    found = listed(client, seller_id=product["seller_id"], **query)
    return [(each["id"], each["price_minor"]) for each in found]


def test_a_change_is_seen_at_once_and_what_is_withdrawn_is_gone(
    anybody: httpx2.Client, seller: httpx2.Client, product: dict[str, Any]
) -> None:
    """R-CAT-1, E-CAT-2, E-CAT-3."""
    path = f"/products/{product['id']}"
    assert anybody.get(path).json() == product
    assert (product["id"], 250) in mine(anybody, product)
    seller.patch(path, json={"price_minor": 300}).raise_for_status()
    assert anybody.get(path).json()["price_minor"] == 300
    assert (product["id"], 300) in mine(anybody, product)
    seller.patch(path, json={"status": "inactive"}).raise_for_status()
    assert anybody.get(path).status_code == 404
    assert anybody.get(path).json()["type"] == "/problems/not-found"
    assert product["id"] not in dict(mine(anybody, product))


def test_what_only_its_owner_may_see_is_never_shared(
    anybody: httpx2.Client,
    shopper: httpx2.Client,
    seller: httpx2.Client,
    operator: httpx2.Client,
    product: dict[str, Any],
) -> None:
    """R-API-9, E-CAT-2: the same words mean something else to the owner, an operator and everybody."""
    path, owners, others = f"/products/{product['id']}", (seller, operator), (anybody, shopper)
    seller.patch(path, json={"status": "inactive"}).raise_for_status()
    for _ in range(2):
        for client in owners:
            assert (product["id"], 250) in mine(client, product, status="inactive")
            assert client.get(path).json()["status"] == "inactive"
        for client in others:
            assert mine(client, product, status="inactive") == []
            assert client.get(path).status_code == 404
            assert product["id"] not in dict(mine(client, product))


def test_what_another_process_changes_is_in_every_list_a_second_later(
    anybody: httpx2.Client, product: dict[str, Any], db: psycopg.Connection[Any]
) -> None:
    """R-CAT-1, R-INV-12: until then a caller without a token may get the list that was read last."""
    changes: tuple[tuple[LiteralString, list[tuple[str, int]]], ...] = (
        ("UPDATE products SET price_minor = 900 WHERE id = %(product)s", [(product["id"], 900)]),
        ("UPDATE products SET status = 'inactive' WHERE id = %(product)s", []),
        ("UPDATE products SET status = 'active', price_minor = 250 WHERE id = %(product)s", [(product["id"], 250)]),
    )
    for change, expected in changes:
        read(anybody, product, ids=product["id"])
        db.execute(change, {"product": product["id"]})
        eventually(partial(_is, expected, anybody, product), within=1.5, every=0.1)
    with heard() as statements:
        for _ in range(5):
            read(anybody, product, ids=product["id"])
    assert len(statements) <= 1


def _is(expected: list[tuple[str, int]], client: httpx2.Client, product: dict[str, Any]) -> bool:
    return read(client, product, ids=product["id"]) == expected


def test_it_is_answered_as_every_other_call(anybody: httpx2.Client, shopper: httpx2.Client, product: Any) -> None:
    """R-API-13: the same headers and body as a shopper gets, whose call the framework answers; refusals too."""
    for path in (f"/products/{product['id']}", "/products?limit=1", "/products?limit=1"):
        short, long = anybody.get(path, headers={"X-Request-ID": "mine"}), shopper.get(path)
        assert (short.status_code, short.content) == (long.status_code, long.content)
        assert {*short.headers} == {*long.headers}
        told = {name: value for name, value in long.headers.items() if name not in OF_A_CALL}
        assert told.items() <= short.headers.items()
        assert short.headers["x-request-id"] == "mine"
    for _ in range(2):
        assert anybody.get("/products", params={"cursor": "altered"}).json()["type"] == "/problems/cursor-invalid"
        assert anybody.get("/products", params={"colour": "red"}).status_code == 422
    assert anybody.get(f"/products/{product['id']}", params={"colour": "red"}).status_code == 422
    assert anybody.get("/products/0190b5c6-0000-7000-8000-000000000000").status_code == 404
    assert anybody.post(f"/products/{product['id']}").status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        "", "limit=20&sort=-price", "limit=2.0", "limit=20&limit=1", "limit=", "limit", "limit=0", "cursor=",
        "&&limit=1&", "brand=Ta+k%20ei&brand=b&brand=", "brand=Ta+k%20ei", "ids=x", "in_stock=1&rating_min=4.50",
        "in_stock=maybe", "status=inactive", "status=active&price_max=1e3", "price_min=%31", "sort=%ff",
        "brand=%e2%82%ac", "brand=\u20ac",
        "ids=0190b5c6-0000-7000-8000-000000000000&ids=0190b5c6-0000-7000-8000-000000000001", "seller_id=null",
    ],
)  # fmt: skip
def test_words_mean_what_the_framework_reads_in_them(
    anybody: httpx2.Client, shopper: httpx2.Client, query: str
) -> None:
    """R-API-3: whatever is odd about them is left to it."""
    short, long = (client.get(f"/products?{query}") for client in (anybody, shopper))
    assert (short.status_code, short.json().get("items"), short.json().get("errors")) == (
        long.status_code,
        long.json().get("items"),
        long.json().get("errors"),
    )


def test_a_page_or_a_list_takes_one_statement_and_a_copy_none(
    anybody: httpx2.Client, shopper: httpx2.Client, product: dict[str, Any], redis_url: str
) -> None:
    """A single statement is a snapshot: nothing is begun or ended around it."""
    path = f"/products/{product['id']}"
    for client, address in ((anybody, path), (shopper, path), (shopper, "/products?limit=2")):
        with heard() as statements:
            client.get(address).raise_for_status()
        assert len(statements) == 1, (address, statements)
    asyncio.run(_tell(redis_url, product["id"], 9))
    anybody.get(path)
    with heard() as statements:
        shown = anybody.get(path).json()
    assert (statements, shown) == ([], {**product, "available": 9})


async def _tell(redis_url: str, product_id: str, units: int) -> None:
    cache = Cache(redis_url)
    await cache.put({inventory_key(product_id): str(units).encode(), product_version_key(product_id): b"1"})
    await cache.close()


def test_without_redis_everything_is_read_from_postgresql(product: dict[str, Any], tmp_path: Path, pg: str) -> None:
    """R-API-16."""
    away: dict[str, Any] = {"kafka_bootstrap": NOBODY_LISTENS, "home": tmp_path, "redis_url": "redis://127.0.0.1:9"}
    with serving(**away, rate_limits=False) as api, closing(shop.client_of(api)) as anybody:
        for _ in range(2):
            assert anybody.get(f"/products/{product['id']}").json() == product
            assert (product["id"], 250) in mine(anybody, product)


def test_the_limit_counts_it(
    product: dict[str, Any], tmp_path: Path, pg: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-API-18."""
    monkeypatch.setattr(rates, "ANY_CALL", parse("3/minute"))
    with (
        serving(kafka_bootstrap=NOBODY_LISTENS, home=tmp_path, rate_limits=True) as api,
        closing(shop.client_of(api)) as anybody,
    ):
        answers = [anybody.get(f"/products/{product['id']}") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["type"] == "/problems/rate-limited"
    assert int(answers[-1].headers["retry-after"]) > 0
