"""A product's average, wherever it is shown, follows its reviews: each fact once."""

from uuid import UUID

import httpx2
import pytest

from api import db as database
from api import outbox
from api.cache import Cache
from api.catalog import pages
from api.catalog.schemas import ProductPage
from api.outbox import Fact
from streams.events.codec import decode_header
from streams.events.partitions import partition_of
from streams.events.users import UserErased
from streams.views import inventory_key, product_version_key, rating_key
from tests import shop
from tests.api.reviews.buyers import Db, buyer, buyers, write
from tests.line import eventually
from tests.streams.facts import Log
from tests.streams.topics import bodies


def rated(client: httpx2.Client, product: str) -> tuple[str | None, int]:
    """What the product's own answer shows."""
    page = client.get(f"/products/{product}").raise_for_status().json()
    return page["rating_average"], page["rating_count"]


def kept(db: Db, product: str) -> tuple[int, int]:
    """Sum and count in the product's row."""
    row = db.execute("SELECT rating_sum, rating_count FROM products WHERE id = %s", [product]).fetchone()
    assert row
    return int(row[0]), int(row[1])


def test_a_product_shows_what_its_buyers_gave(
    saga: str, seller: httpx2.Client, operator: httpx2.Client, product: str, db: Db
) -> None:
    """R-REV-3, E-CAT-3: ratings join, change, leave with a hidden and a deleted review, and come back."""
    version = seller.get(f"/products/{product}").json()["version"]
    assert rated(seller, product) == (None, 0)
    with buyers(saga, db, product, 3) as (one, two, three):
        first, second, third = (write(client, product, stars) for client, stars in ((one, 5), (two, 4), (three, 4)))
        eventually(lambda: rated(seller, product) == ("4.33", 3))
        one.patch(f"/reviews/{first['id']}", json={"rating": 1}).raise_for_status()
        eventually(lambda: rated(seller, product) == ("3.00", 3))
        operator.patch(f"/reviews/{first['id']}", json={"status": "hidden"}).raise_for_status()
        two.delete(f"/reviews/{second['id']}").raise_for_status()
        eventually(lambda: rated(seller, product) == ("4.00", 1))
        operator.patch(f"/reviews/{first['id']}", json={"status": "visible"}).raise_for_status()
        eventually(lambda: rated(seller, product) == ("2.50", 2))
        three.delete(f"/reviews/{third['id']}").raise_for_status()
        one.delete(f"/reviews/{first['id']}").raise_for_status()
        eventually(lambda: rated(seller, product) == (None, 0))
    assert kept(db, product) == (0, 0)
    assert seller.get(f"/products/{product}").json()["version"] == version


def test_lists_filter_and_sort_by_the_shown_average(
    saga: str, seller: httpx2.Client, operator: httpx2.Client, db: Db
) -> None:
    """E-CAT-2: rating_min and both ways of sorting; what was never rated stands lowest and is above no limit."""
    shelf = operator.post("/categories", json={"name": "Rated"}).raise_for_status().json()["id"]
    given = {(5, 5): "5.00", (4, 3): "3.50", (1,): "1.00", (): None}
    shown = {}
    for stars, average in given.items():
        item = shop.product(seller, price=100, stock=5)
        seller.patch(f"/products/{item}", json={"category_id": shelf}).raise_for_status()
        with buyers(saga, db, item, len(stars)) as clients:
            for client, rating in zip(clients, stars, strict=True):
                write(client, item, rating)
        shown[item] = average

    def listed(**query: object) -> list[str | None]:
        answer = seller.get("/products", params=query | {"category_id": shelf})  # type: ignore[arg-type]
        return [item["rating_average"] for item in answer.raise_for_status().json()["items"]]

    eventually(lambda: listed(sort="-rating") == ["5.00", "3.50", "1.00", None])
    assert listed(sort="rating") == [None, "1.00", "3.50", "5.00"]
    assert set(listed(rating_min="3.5")) == {"5.00", "3.50"}
    assert listed(rating_min="3.51") == ["5.00"]
    cursor = seller.get("/products", params={"category_id": shelf, "sort": "-rating", "limit": 2}).json()["next_cursor"]
    assert listed(sort="-rating", limit=2, cursor=cursor) == ["1.00", None]


def test_a_fact_that_comes_again_counts_once(
    saga: str, product: str, db: Db, env: dict[str, str], kafka_bootstrap: str
) -> None:
    """R-REV-3, R-EVT-7: every line about the review stands in the log twice."""
    prefix = env["ATLANTIC_TOPIC_PREFIX"]
    with buyers(saga, db, product, 2) as (one, two):
        review = write(one, product, 5)
        one.patch(f"/reviews/{review['id']}", json={"rating": 2}).raise_for_status()
        eventually(lambda: kept(db, product) == (2, 1))
        log = Log(kafka_bootstrap, prefix)
        lines = [line for line in bodies(kafka_bootstrap, prefix + "reviews") if review["id"].encode() in line]
        assert [decode_header(line).event for line in lines] == ["rating.added", "rating.updated"]
        log.raw("reviews", partition_of(UUID(review["id"])), b"\n".join(lines))
        log.flush()
        log.close()
        one.patch(f"/reviews/{review['id']}", json={"rating": 3}).raise_for_status()
        write(two, product, 4)
        eventually(lambda: kept(db, product) == (7, 2))


async def test_a_page_with_another_average_is_read_anew(
    api: str, seller: httpx2.Client, product: str, redis_url: str
) -> None:
    """R-CAT-1, 12.3: a rating raises no version, yet a copy from before it is not served once the log has told."""
    old = ProductPage.model_validate(seller.get(f"/products/{product}").json())
    cache, path = Cache(redis_url), f"/products/{product}"
    await cache.put({inventory_key(product): b"7", product_version_key(product): str(old.version).encode()})
    await pages.remember(cache, old.model_copy(update={"name": "From the copy"}))
    assert seller.get(path).json()["name"] == "From the copy"
    await cache.put({rating_key(product): b"4.50:2"})
    assert seller.get(path).json()["name"] == old.name
    rated_copy = {"name": "From the copy", "rating_average": "4.50", "rating_count": 2}
    await pages.remember(cache, old.model_copy(update=rated_copy))
    assert seller.get(path).json()["name"] == "From the copy"
    await cache.close()


@pytest.mark.usefixtures("saga")
async def test_an_erased_account_leaves_its_reviews_without_a_name(api: str, product: str, db: Db, pg: str) -> None:
    """R-USR-15, V-USR-3; an operator may still hide and show them, and the facts keep the bare id."""
    client = buyer(api, db, product)
    review, user_id = write(client, product, 4), client.get("/users/me").json()["id"]
    pool = database.engine(pg, size=1)
    async with database.transaction(pool) as conn:
        await outbox.record(conn, Fact(UserErased(user_id=UUID(user_id)), seq=9))
    await pool.dispose()
    query = {"product_id": product}
    eventually(lambda: client.get("/reviews", params=query).json()["items"][0]["author"] == "Former shopper")
    assert db.execute("SELECT user_id FROM reviews WHERE id = %s", [review["id"]]).fetchone() == (None,)
    client.close()
