"""What is found, in what order, by which filters: the same by Meilisearch and by PostgreSQL."""

from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.search.indexing import Indexing


def ask(client: httpx2.Client, **params: Any) -> dict[str, Any]:
    """A search's answer."""
    answer = client.get("/search", params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def found(client: httpx2.Client, goods: dict[str, str], **params: Any) -> list[str]:
    """Which goods are found, in their order."""
    words = {product_id: word for word, product_id in goods.items()}
    return [words[item["id"]] for item in ask(client, **params)["items"] if item["id"] in words]


def test_words_find_names_brands_keywords_and_descriptions(client: httpx2.Client, indexed: dict[str, str]) -> None:
    """E-SRC-1, R-SRC-6: the best first; beginnings of words count."""
    assert found(client, indexed, q="teapot") == ["red", "blue", "kettle"]
    assert found(client, indexed, q="acme teap") == ["red", "blue"]
    assert found(client, indexed, q="BODUM") == ["kettle"]
    assert found(client, indexed, q="stove") == ["kettle"]
    assert found(client, indexed, q="zzzz") == []
    assert set(found(client, indexed)) == set(indexed)


def test_a_word_behind_a_minus_is_not_wanted(client: httpx2.Client, indexed: dict[str, str]) -> None:
    """R-SRC-6: whoever wants no red teapot is not shown it alone; a whole word is meant, and a - within one is none."""
    assert set(found(client, indexed, q="teapot -red")) == {"blue", "kettle"}
    assert set(found(client, indexed, q="teapot -re")) == {"red", "blue", "kettle"}
    assert set(found(client, indexed, q="-acme")) == set(indexed) - {"red", "blue"}


def test_what_is_sold_out_stands_below_its_equals(client: httpx2.Client, indexed: dict[str, str]) -> None:
    """R-SRC-4: it stays findable."""
    assert found(client, indexed, q="acme") == ["red", "blue"]
    assert found(client, indexed)[-1] == "blue"


def test_a_product_is_told_as_its_page_does(client: httpx2.Client, indexed: dict[str, str], category: str) -> None:
    """E-SRC-1, R-API-15: the same fields, whatever answers."""
    body = ask(client, q="lamp")
    page = client.get(f"/products/{indexed['lamp']}").json()
    (item,) = body["items"]
    same = ("id", "sku", "seller_id", "spec_id", "name", "brand", "price_minor", "currency", "category", "in_stock")
    assert {name: item[name] for name in same} == {name: page[name] for name in same}
    assert item["category_ids"] == [category, page["category_id"]]
    assert (item["rating_average"], item["rating_count"], item["image"]) == (None, 0, None)
    assert item["created_at"] == page["created_at"]
    assert (body["source"], body["estimated_total"], body["next_cursor"]) == (client.headers["X-Source"], 1, None)
    assert body["complete_up_to"]["tx"] > 0


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"brand": "acme"}, {"red", "blue"}),
        ({"brand": ["Acme", "Bodum"]}, {"red", "blue", "kettle"}),
        ({"price_min": 900, "price_max": 1_900}, {"blue", "lamp"}),
        ({"currency": "GBP", "in_stock": True}, {"red", "kettle", "lamp"}),
        ({"currency": "IDR"}, set()),
        ({"in_stock": False}, {"blue"}),
        ({"rating_min": "4.5"}, set()),
        ({"spec.colour": "red"}, {"red"}),
        ({"spec.colour": ["RED", "blue"]}, {"red", "blue"}),
        ({"spec.dress size": "10"}, {"red"}),
        ({"spec.dress size": "10.00"}, {"red"}),
        ({"spec.litres": "0.10"}, {"kettle"}),
        ({"spec.serial": "9007199254740991"}, {"kettle"}),
        ({"spec.serial": "9007199254740990"}, set()),
        ({"spec.set of": "10"}, {"blue"}),
        ({"spec.set of": "10.0"}, set()),
        ({"spec.dress size": "10", "spec.colour": "blue"}, set()),
        ({'spec.a"] OR b\\': 'x" OR in_stock = true OR "'}, set()),
        ({"brand": "x' OR \"] OR in_stock = true \\"}, set()),
        ({"category_id": str(uuid4())}, set()),
        ({"seller_id": str(uuid4())}, set()),
    ],
)
def test_filters(client: httpx2.Client, indexed: dict[str, str], params: dict[str, Any], wanted: set[str]) -> None:
    """E-SRC-1, R-SRC-6: the same ones; their texts are values and nothing else."""
    assert set(found(client, indexed, **params)) == wanted


@pytest.mark.parametrize("asked", ["10", "1e400", "inf", "nan"])
def test_a_number_that_few_can_hold_breaks_no_search(
    client: httpx2.Client, indexed: dict[str, str], db: psycopg.Connection[Any], asked: str
) -> None:
    """R-SRC-6: sheets came by SQL before their numbers were bounded; the others are found as ever."""
    sheet = (client.get(f"/products/{indexed['blue']}").json()["spec_id"],)
    db.execute(
        "UPDATE product_specs SET specifications = specifications || '{\"dress size\": 1e400}' WHERE id = %s", sheet
    )
    try:
        assert found(client, indexed, **{"spec.dress size": asked}) == (["red"] if asked == "10" else [])
    finally:
        db.execute("UPDATE product_specs SET specifications = specifications - 'dress size' WHERE id = %s", sheet)


def test_a_category_with_everything_below_it(client: httpx2.Client, indexed: dict[str, str], category: str) -> None:
    """E-SRC-1."""
    below = ask(client, q="lamp")["items"][0]["category_ids"][1]
    assert set(found(client, indexed, category_id=category)) == set(indexed)
    assert found(client, indexed, category_id=below) == ["lamp"]


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("price", ["red", "lamp", "blue", "kettle"]),
        ("-price", ["kettle", "blue", "lamp", "red"]),
        ("-created_at", ["lamp", "kettle", "blue", "red"]),
        ("-rating", ["red", "blue", "kettle", "lamp"]),
        ("-units_sold", ["red", "blue", "kettle", "lamp"]),
    ],
)
def test_orders(client: httpx2.Client, indexed: dict[str, str], sort: str, wanted: list[str]) -> None:
    """R-API-7, R-SRC-6: what is asked for goes before how well the words fit; ties by id."""
    assert found(client, indexed, sort=sort) == wanted
    assert found(client, indexed, sort=sort, q="teapot") == [word for word in wanted if word != "lamp"]


@pytest.mark.parametrize("sort", ["relevance", "price", "-created_at"])
def test_pages_neither_repeat_nor_hide(
    client: httpx2.Client, indexed: dict[str, str], seller: httpx2.Client, indexing: Indexing, sort: str
) -> None:
    """R-API-6: also when a product comes in between that would stand first; the search stays the same one."""
    wanted = found(client, indexed, q="teapot", sort=sort)
    first = ask(client, q="teapot", sort=sort, limit=1)
    fields = {"sku": f"N-{uuid4().hex[:8]}", "name": "Teapot", "price_minor": 1, "on_hand": 9}
    category = first["items"][0]["category_ids"][0]
    new = seller.post("/products", json={**fields, "category_id": category}).raise_for_status().json()["id"]
    indexing.sync()
    seen, cursor = [first["items"][0]["id"]], first["next_cursor"]
    while cursor:
        page = ask(client, q="teapot", sort=sort, limit=1, cursor=cursor)
        assert page["query_id"] == first["query_id"]
        seen, cursor = [*seen, *(item["id"] for item in page["items"])], page["next_cursor"]
    assert seen == [indexed[word] for word in wanted]
    seller.delete(f"/products/{new}").raise_for_status()
    indexing.sync()
    assert new not in {item["id"] for item in ask(client, q="teapot")["items"]}


def test_a_foreign_cursor_is_refused(client: httpx2.Client, indexed: dict[str, str]) -> None:
    """R-API-6: of other words, filters, order; altered."""
    cursor = ask(client, q="teapot", limit=1)["next_cursor"]
    for other in ({"q": "kettle"}, {"brand": "Acme"}, {"sort": "price"}, {"spec.colour": "red"}):
        answer = client.get("/search", params={"q": "teapot", "limit": 1, "cursor": cursor} | other)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-invalid")
    for altered in (cursor[:-2] + "AA", "no cursor", "é"):
        assert client.get("/search", params={"q": "teapot", "cursor": altered}).status_code == 422


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": "x" * 201}, "query.q"),
        ({"q": "tea\x07pot"}, "query.q"),
        ({"category_id": "kitchen"}, "query.category_id"),
        ({"price_min": -1}, "query.price_min"),
        ({"currency": "pounds"}, "query.currency"),
        ({"rating_min": 0}, "query.rating_min"),
        ({"rating_min": 6}, "query.rating_min"),
        ({"sort": "name"}, "query.sort"),
        ({"limit": 101}, "query.limit"),
        ({"colour": "red"}, "query.colour"),
        ({"spec.": "red"}, "query.spec."),
        ({"spec.colour": ""}, "query.spec.colour"),
        ({"spec.colour": "x" * 101}, "query.spec.colour"),
        ({"spec.colour": ["x"] * 21}, "query.spec.colour"),
        ({f"spec.k{number}": "x" for number in range(11)}, "query.spec.k10"),
    ],
)
def test_a_wrong_question_is_named(client: httpx2.Client, params: dict[str, Any], field: str) -> None:
    """R-API-3."""
    answer = client.get("/search", params=params)
    assert (answer.status_code, [entry["field"] for entry in answer.json()["errors"]]) == (422, [field])


def test_a_wrong_session_is_named(client: httpx2.Client) -> None:
    """R-API-3."""
    answer = client.get("/search", headers={"X-Session-Id": "me"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "header.x-session-id")


def test_only_active_products_of_active_sellers(
    client: httpx2.Client, api: str, operator: httpx2.Client, seller: httpx2.Client, indexing: Indexing
) -> None:
    """R-SRC-4: not inactive ones, not those of a suspended shop; stock is followed."""
    with closing(shop.seller(api)[0]) as other:
        theirs, mine = (shop.product(each, price=77, stock=1) for each in (other, seller))
        gone = shop.product(seller, price=77, stock=1)
        indexing.sync()
        assert {item["id"] for item in ask(client, price_min=77, price_max=77)["items"]} == {theirs, mine, gone}
        operator.patch(f"/sellers/{other.headers['X-Seller']}", json={"status": "suspended"}).raise_for_status()
    seller.patch(f"/products/{gone}", json={"status": "inactive"}).raise_for_status()
    seller.put(f"/products/{mine}/inventory", json={"on_hand": 0}).raise_for_status()
    indexing.sync()
    assert [(item["id"], item["in_stock"]) for item in ask(client, price_min=77, price_max=77)["items"]] == [
        (mine, False)
    ]
    seller.delete(f"/products/{mine}").raise_for_status()
    indexing.sync()


def test_capitals_of_every_alphabet_are_small_letters_too(
    client: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, indexing: Indexing
) -> None:
    """R-SRC-6: words, brands, sheets and the names of categories, whichever answers."""
    stoves = operator.post("/categories", json={"name": f"Öfen {uuid4()}"}).raise_for_status().json()
    pot = {"sku": f"P-{uuid4()}", "name": "ÜBERTOPF", "brand": "Öland", "category_id": stoves["id"], "price_minor": 78,
           "specifications": {"Farbe": "GRÜN"}}  # fmt: skip
    made = seller.post("/products", json=pot).raise_for_status().json()["id"]
    indexing.sync()
    for asked in ({"q": "übert"}, {"brand": "öland"}, {"spec.Farbe": "grün"}):
        assert [item["id"] for item in ask(client, **asked)["items"]] == [made], asked
    suggested = client.get("/search/suggestions", params={"q": stoves["name"].lower()}).json()["items"]
    assert suggested[0]["id"] == stoves["id"]
    seller.delete(f"/products/{made}").raise_for_status()
    indexing.sync()


def test_the_index_may_be_behind_and_says_so(
    api: str, indexed: dict[str, str], seller: httpx2.Client, indexing: Indexing, db: psycopg.Connection[Any]
) -> None:
    """R-SRC-7, R-API-15: the page has the new price at once; the search names its cut."""
    with closing(shop.client_of(api)) as anybody:
        seller.patch(f"/products/{indexed['lamp']}", json={"price_minor": 901}).raise_for_status()
        before = ask(anybody, q="lamp")
        assert before["items"][0]["price_minor"] == 900
        assert before["complete_up_to"] == {"tx": indexing.complete_to, "at": "2026-11-21T08:00:00.000Z"}
        assert anybody.get(f"/products/{indexed['lamp']}").json()["price_minor"] == 901
        indexing.sync()
        assert ask(anybody, q="lamp")["items"][0]["price_minor"] == 901
        seller.patch(f"/products/{indexed['lamp']}", json={"price_minor": 900}).raise_for_status()
        indexing.sync()
