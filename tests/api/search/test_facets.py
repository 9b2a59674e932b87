"""What only the index knows: typing mistakes, facets, suggestions with them."""

from contextlib import closing
from typing import Any

import httpx2

from tests import shop
from tests.api.search.test_search import ask, found


def test_typing_mistakes_are_forgiven(api: str, indexed: dict[str, str]) -> None:
    """E-SRC-1: as Meilisearch does."""
    with closing(shop.client_of(api)) as anybody:
        assert found(anybody, indexed, q="teepot") == ["red", "blue", "kettle"]
        assert found(anybody, indexed, q="ketle") == ["kettle"]


def test_facets_say_what_the_found_products_are_like(api: str, indexed: dict[str, str], category: str) -> None:
    """E-SRC-1: categories, brands, price ranges, ratings, stock; those of the filtered results."""
    with closing(shop.client_of(api)) as anybody:
        facets: dict[str, Any] = ask(anybody)["facets"]
        assert facets["category"][0] == {"id": category, "name": "Kitchen", "count": 4}
        assert (facets["category"][1]["name"], facets["category"][1]["count"]) == ("Tea lights", 1)
        assert facets["brand"] == [{"brand": "Acme", "count": 2}, {"brand": "Bodum", "count": 1}]
        assert facets["price"] == [
            {"from_minor": 200, "below_minor": 500, "count": 1},
            {"from_minor": 500, "below_minor": 1_000, "count": 1},
            {"from_minor": 1_000, "below_minor": 2_000, "count": 1},
            {"from_minor": 2_000, "below_minor": 5_000, "count": 1},
        ]
        assert facets["rating"] == [{"rating_min": least, "count": 0} for least in (5, 4, 3, 2, 1)]
        assert facets["in_stock"] == {"in_stock": 3, "sold_out": 1}
        assert ask(anybody, brand="Acme")["facets"]["in_stock"] == {"in_stock": 1, "sold_out": 1}


def test_no_facets_without_the_index(away: str, indexed: dict[str, str]) -> None:
    """R-SRC-6: they may be missing."""
    with closing(shop.client_of(away)) as anybody:
        assert ask(anybody)["facets"] is None


def test_suggestions_name_categories_brands_and_products(client: httpx2.Client, indexed: dict[str, str]) -> None:
    """E-SRC-2: by what was typed so far, whichever answers; the alias gives the same."""
    answer = client.get("/search/suggestions", params={"q": "tea"}).json()
    told = [(item["kind"], item["text"]) for item in answer["items"]]
    assert told[:3] == [("category", "Tea lights"), ("product", "Red teapot"), ("product", "Blue teapot")]
    assert ("product", "Copper kettle") in told
    assert answer["items"][1]["id"] == indexed["red"]
    brand = client.get("/search/suggestions", params={"q": "bod", "limit": 1}).json()["items"]
    assert brand == [{"text": "Bodum", "kind": "brand", "id": None}]
    for path, name in (("/search/suggestions", "prefix"), ("/suggest", "prefix"), ("/suggest", "q")):
        assert client.get(path, params={name: "tea"}).json() == answer
    assert client.get("/search/suggestions", params={"q": "%_!"}).status_code == 200


def test_a_wrong_suggestion_call_is_named(client: httpx2.Client) -> None:
    """R-API-3: E-SRC-2."""
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"q": ""}, "query.q"), ({"q": "x" * 51}, "query.q"), ({"q": "a", "limit": 11}, "query.limit"),
        ({"q": "a", "colour": "b"}, "query.colour"), ({}, "query.q"), ({"q": "a", "prefix": "b"}, "query.prefix"),
    )  # fmt: skip
    for params, field in wrong:
        answer = client.get("/search/suggestions", params=params)
        assert (answer.status_code, [entry["field"] for entry in answer.json()["errors"]]) == (422, [field])
