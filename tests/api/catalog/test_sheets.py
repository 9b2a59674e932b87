"""Specification sheets: one seller's work, many sellers' offers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from api.cache import Cache
from streams.views import inventory_key, product_version_key
from tests import shop
from tests.outbox import told

Database = psycopg.Connection[tuple[Any, ...]]
WHITE, BLUE = {"colour": "white", "pieces": 6}, {"colour": "blue", "pieces": 6, "dishwasher": True}


@pytest.fixture(scope="module")
def other(api: str, category: str) -> Iterator[httpx2.Client]:
    """A second signed-in seller in GBP."""
    with closing(shop.seller(api)[0]) as client:
        yield client


def put(seller: httpx2.Client, category: str, **changed: object) -> dict[str, Any]:
    fields = {"sku": f"S-{uuid4().hex[:12]}", "name": "Cup", "category_id": category, "price_minor": 250, **changed}
    product: dict[str, Any] = seller.post("/products", json=fields).raise_for_status().json()
    return product


def sheet_of(client: httpx2.Client, product: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    page = client.get(f"/products/{product['id']}").raise_for_status().json()
    return page["spec_id"], page["specifications"]


def test_its_maker_edits_a_sheet_and_every_offer_of_it_tells_so(
    seller: httpx2.Client, other: httpx2.Client, category: str, db: Database
) -> None:
    """R-CAT-5, R-EVT-4: once each; a repeat tells nothing."""
    mine = put(seller, category, specifications=WHITE)
    theirs = put(other, category, spec_id=mine["spec_id"])
    for _ in range(2):
        after = seller.patch(f"/products/{mine['id']}", json={"specifications": BLUE}).raise_for_status().json()
        assert (after["specifications"], after["version"]) == (BLUE, 2)
    assert sheet_of(other, theirs) == (mine["spec_id"], BLUE)
    for product in (mine, theirs):
        facts = told(db, "product.updated", product["id"])
        assert [(fact["changed"], fact["specifications"]) for fact in facts] == [(["specifications"], BLUE)]
        assert facts[0]["product_version"] == 2


def test_other_sellers_refer_to_a_sheet_and_edit_it_not(
    seller: httpx2.Client, other: httpx2.Client, operator: httpx2.Client, category: str
) -> None:
    """R-CAT-5: neither through the own offer nor through the maker's; operators do."""
    mine = put(seller, category, specifications=WHITE)
    theirs = put(other, category, spec_id=mine["spec_id"])
    refused = other.patch(f"/products/{theirs['id']}", json={"specifications": BLUE})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert other.patch(f"/products/{mine['id']}", json={"specifications": BLUE}).status_code == 404
    assert sheet_of(seller, mine) == (mine["spec_id"], WHITE)
    operator.patch(f"/products/{theirs['id']}", json={"specifications": BLUE}).raise_for_status()
    assert sheet_of(seller, mine) == (mine["spec_id"], BLUE)


def test_a_product_takes_another_sheet_or_none(seller: httpx2.Client, category: str, db: Database) -> None:
    """E-CAT-4: spec_id is writable; specifications make a sheet where there is none."""
    first, second = put(seller, category, specifications=WHITE), put(seller, category)
    path = f"/products/{second['id']}"
    seller.patch(path, json={"spec_id": first["spec_id"], "name": "Mug"}).raise_for_status()
    assert sheet_of(seller, second) == (first["spec_id"], WHITE)
    seller.patch(path, json={"spec_id": None}).raise_for_status()
    assert sheet_of(seller, second) == (None, {})
    seller.patch(path, json={"specifications": BLUE}).raise_for_status()
    assert sheet_of(seller, second)[0] not in (None, first["spec_id"])
    facts = told(db, "product.updated", second["id"])
    assert [(fact["changed"], fact["specifications"]) for fact in facts] == [
        (["spec_id", "title"], WHITE),
        (["spec_id"], {}),
        (["spec_id", "specifications"], BLUE),
    ]
    assert sheet_of(seller, first) == (first["spec_id"], WHITE)


@pytest.mark.parametrize(
    "change",
    [
        {"spec_id": str(uuid4())},
        {"specifications": None},
        {"specifications": {"colour": ["white"]}},
        {"specifications": {}, "spec_id": None},
    ],
)
def test_what_is_no_sheet(seller: httpx2.Client, category: str, change: dict[str, object]) -> None:
    """R-API-3, R-API-12."""
    product = put(seller, category, specifications=WHITE)
    refused = seller.patch(f"/products/{product['id']}", json=change)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/validation-failed")
    assert sheet_of(seller, product)[1] == WHITE


@pytest.mark.parametrize("number", ["9007199254740992", "-9007199254740992", "1e16", "1" + "0" * 400])
def test_a_number_that_not_every_reader_holds_is_refused(seller: httpx2.Client, category: str, number: str) -> None:
    """R-API-3, R-SRC-1: one beyond a double stopped the search index for everybody."""
    fields = f'"sku":"S-{uuid4().hex}","name":"Cup","category_id":"{category}","price_minor":1'
    body = f'{{{fields},"specifications":{{"n":%s}}}}'
    kind = {"Content-Type": "application/json"}
    refused = seller.post("/products", content=body % number, headers=kind)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/validation-failed")
    assert "specifications" in refused.json()["errors"][0]["field"]
    taken = seller.post("/products", content=body % "9007199254740991", headers=kind).raise_for_status().json()
    assert taken["specifications"] == {"n": 9007199254740991}


def test_one_and_true_are_two_values(seller: httpx2.Client, category: str) -> None:
    """R-API-12: a change from one to the other takes place."""
    mine = put(seller, category, specifications={"dishwasher": 1, "litres": 1})
    after = seller.patch(f"/products/{mine['id']}", json={"specifications": {"dishwasher": True, "litres": 1.5}})
    assert str(after.raise_for_status().json()["specifications"]) == "{'litres': 1.5, 'dishwasher': True}"
    again = seller.patch(f"/products/{mine['id']}", json={"specifications": {"litres": 1.5, "dishwasher": 1}})
    assert again.raise_for_status().json()["specifications"]["dishwasher"] is not True


async def test_a_page_tells_how_many_offers_there_are(
    api: str, seller: httpx2.Client, other: httpx2.Client, category: str, redis_url: str
) -> None:
    """E-CAT-3, R-CAT-1: its copy goes when somebody else offers the same, or does so no more."""
    mine = put(seller, category, specifications=WHITE)
    cache = Cache(redis_url)
    await cache.put({inventory_key(UUID(mine["id"])): b"7", product_version_key(UUID(mine["id"])): b"1"})
    await cache.close()

    def offers() -> int:
        first, again = (httpx2.get(f"{api}/v1/products/{mine['id']}").json()["offers"] for _ in range(2))
        assert first == again
        return int(first)

    assert offers() == 1
    theirs = put(other, category, spec_id=mine["spec_id"])
    assert offers() == 2
    for change, count in (
        ({"status": "inactive"}, 1), ({"status": "active"}, 2), ({"spec_id": None}, 1),
        ({"spec_id": mine["spec_id"]}, 2),
    ):  # fmt: skip
        other.patch(f"/products/{theirs['id']}", json=change).raise_for_status()
        assert offers() == count, change
    other.delete(f"/products/{theirs['id']}").raise_for_status()
    assert offers() == 1


def test_edits_through_several_offers_wait_for_each_other(
    seller: httpx2.Client, other: httpx2.Client, category: str, db: Database
) -> None:
    """R-CAT-5, R-CAT-1: all take place, in some order; each held an offer that the others wanted, and was refused."""
    mine = put(seller, category, specifications=WHITE)
    offers = [mine, *(put(seller, category, spec_id=mine["spec_id"]) for _ in range(4))]
    theirs = put(other, category, spec_id=mine["spec_id"])

    def edit(number: int) -> int:
        path = f"/products/{offers[number % len(offers)]['id']}"
        return seller.patch(path, json={"specifications": {"edit": number}}).status_code

    def price(number: int) -> int:
        return other.patch(f"/products/{theirs['id']}", json={"price_minor": 300 + number}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(call, number) for number in range(10) for call in (edit, price)]
        assert {answer.result() for answer in answers} == {200}
    told_last = {str(told(db, "product.updated", each["id"])[-1]["specifications"]) for each in (*offers, theirs)}
    assert len(told_last) == 1
