"""Lists of reviews over HTTP, and what they say together."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.api.reviews.buyers import Db, buyers, write

GIVEN = (5, 3, 5, 1, 4)


@pytest.fixture
def raters(api: str, db: Db, product: str) -> Iterator[list[httpx2.Client]]:
    """Five buyers who gave 5, 3, 5, 1 and 4; those who gave 5 also wrote."""
    with buyers(api, db, product, len(GIVEN)) as clients:
        for client, rating in zip(clients, GIVEN, strict=True):
            write(client, product, rating, "Splendid" if rating == 5 else None)
        yield clients


@pytest.fixture
def anybody(api: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{api}/v1", timeout=20) as client:
        yield client


def page(client: httpx2.Client, **query: object) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/reviews", params=query).raise_for_status().json()  # type: ignore[arg-type]
    return found


def ratings(found: dict[str, Any]) -> list[int]:
    return [item["rating"] for item in found["items"]]


def together(found: dict[str, Any]) -> tuple[str | None, int, list[int]]:
    return found["rating_average"], found["rating_count"], found["histogram"]


@pytest.mark.usefixtures("raters")
def test_a_products_reviews_and_what_they_say_together(anybody: httpx2.Client, product: str) -> None:
    """E-REV-2: newest first; filters narrow the list, not the average; nobody's id or full name."""
    found = page(anybody, product_id=product)
    assert ratings(found) == [4, 1, 5, 3, 5]
    assert together(found) == ("3.60", 5, [1, 0, 1, 1, 2])
    assert {item["author"] for item in found["items"]} == {"Ayu L."}
    assert not {"user_id", "order_item_id"} & found["items"][0].keys()
    assert ratings(page(anybody, product_id=product, sort="created_at")) == [5, 3, 5, 1, 4]
    assert ratings(page(anybody, product_id=product, sort="rating")) == [1, 3, 4, 5, 5]
    assert ratings(page(anybody, product_id=product, sort="-rating")) == [5, 5, 4, 3, 1]
    assert ratings(page(anybody, product_id=product, has_comment=False)) == [4, 1, 3]
    fives = page(anybody, product_id=product, rating=5, has_comment=True)
    assert (ratings(fives), together(fives)) == ([5, 5], together(found))


def test_a_product_without_reviews(anybody: httpx2.Client, product: str) -> None:
    """E-REV-2."""
    assert page(anybody, product_id=product) == {
        "items": [], "next_cursor": None, "rating_average": None, "rating_count": 0, "histogram": [0, 0, 0, 0, 0],
    }  # fmt: skip


@pytest.mark.usefixtures("raters")
@pytest.mark.parametrize("sort", ["-created_at", "created_at", "rating", "-rating"])
def test_pages_hold_every_review_once(anybody: httpx2.Client, product: str, sort: str) -> None:
    """R-API-6, R-API-7: ties of a rating are broken by id."""
    seen: list[str] = []
    query: dict[str, object] = {"product_id": product, "sort": sort, "limit": 2}
    while True:
        found = page(anybody, **query)
        assert together(found) == ("3.60", 5, [1, 0, 1, 1, 2])
        seen += [item["id"] for item in found["items"]]
        if not found["next_cursor"]:
            break
        query["cursor"] = found["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
    foreign = anybody.get("/reviews", params=query | {"rating": 5})  # type: ignore[arg-type]
    assert (foreign.status_code, foreign.json()["type"]) == (422, "/problems/cursor-invalid")


def test_ones_own_reviews(
    raters: list[httpx2.Client], anybody: httpx2.Client, operator: httpx2.Client, product: str
) -> None:
    """E-REV-2: mine=true, hidden ones too; nobody else's."""
    mine = page(raters[0], mine=True)
    assert (ratings(mine), together(mine)) == ([5], ("5.00", 1, [0, 0, 0, 0, 1]))
    operator.patch(f"/reviews/{mine['items'][0]['id']}", json={"status": "hidden"}).raise_for_status()
    assert [item["status"] for item in page(raters[0], mine=True, product_id=product)["items"]] == ["hidden"]
    assert anybody.get("/reviews", params={"mine": True}).status_code == 401


def test_a_hidden_or_deleted_review_leaves_list_and_average(
    raters: list[httpx2.Client], anybody: httpx2.Client, operator: httpx2.Client, product: str
) -> None:
    """R-REV-3, R-REV-5; operators find the hidden ones."""
    hidden, gone = (page(client, mine=True)["items"][0]["id"] for client in (raters[0], raters[3]))
    operator.patch(f"/reviews/{hidden}", json={"status": "hidden"}).raise_for_status()
    raters[3].delete(f"/reviews/{gone}").raise_for_status()
    found = page(anybody, product_id=product)
    assert (ratings(found), together(found)) == ([4, 5, 3], ("4.00", 3, [0, 0, 1, 1, 1]))
    assert [item["id"] for item in page(operator, product_id=product, status="hidden")["items"]] == [hidden]
    assert page(raters[0], product_id=product, status="hidden") == found
    operator.patch(f"/reviews/{hidden}", json={"status": "visible"}).raise_for_status()
    assert together(page(anybody, product_id=product))[:2] == ("4.25", 4)


def test_an_erased_author_is_nobody(raters: list[httpx2.Client], anybody: httpx2.Client, product: str, db: Db) -> None:
    """R-USR-15, E-REV-2: the review stays, without a name."""
    review = page(raters[4], mine=True)["items"][0]["id"]
    db.execute("UPDATE reviews SET user_id = NULL WHERE id = %s", [review])
    assert [item["author"] for item in page(anybody, product_id=product)["items"]] == ["Former shopper"] + [
        "Ayu L."
    ] * 4
    assert raters[4].delete(f"/reviews/{review}").status_code == 404


def test_reviews_of_a_deleted_product_stay_readable(
    raters: list[httpx2.Client], seller: httpx2.Client, anybody: httpx2.Client, product: str
) -> None:
    """R-CAT-7."""
    seller.delete(f"/products/{product}").raise_for_status()
    assert len(page(anybody, product_id=product)["items"]) == len(raters)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "query.product_id"),
        ({"product_id": "teapot"}, "query.product_id"),
        ({"mine": True, "rating": 0}, "query.rating"),
        ({"mine": True, "sort": "author"}, "query.sort"),
        ({"mine": True, "limit": 101}, "query.limit"),
        ({"mine": True, "colour": "red"}, "query.colour"),
    ],
)
def test_what_may_not_be_asked(shopper: httpx2.Client, query: dict[str, object], field: str) -> None:
    """R-API-3: each wrong field is named."""
    refused = shopper.get("/reviews", params=query)  # type: ignore[arg-type]
    assert (refused.status_code, [entry["field"] for entry in refused.json()["errors"]]) == (422, [field])


def test_the_document_tells_of_reviews(anybody: httpx2.Client) -> None:
    """E-OPS-4: summaries and the problems of each call."""
    paths = httpx2.get(str(anybody.base_url).removesuffix("/v1/") + "/openapi.json", timeout=60).json()["paths"]
    calls = paths["/v1/reviews"] | paths["/v1/reviews/{review_id}"]
    assert set(calls) == {"get", "post", "patch", "delete"}
    assert {"403", "409"} <= calls["post"]["responses"].keys()
