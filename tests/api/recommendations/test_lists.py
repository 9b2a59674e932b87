"""Popular and similar products, and those for one shopper: out of Redis, and out of PostgreSQL without it."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from redis import Redis

from streams import views
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
CUT = {"tx": 41, "at": "2026-11-21T08:00:00.000Z"}


@pytest.fixture
def redis(redis_url: str) -> Iterator[Any]:
    """Redis with the cut of the lists and nothing else."""
    with Redis.from_url(redis_url) as client:
        client.flushdb()
        client.set(views.LISTS_CUT_KEY, views.Published(41, AT).text())
        yield client
        client.flushdb()


@pytest.fixture
def goods(seller: httpx2.Client) -> list[str]:
    """Four products in stock."""
    return [shop.product(seller, price=100 + number, stock=5) for number in range(4)]


def names(answer: httpx2.Response) -> list[str]:
    """The ids of the products, in their order."""
    return [item["id"] for item in answer.raise_for_status().json()["items"]]


def ask(client: httpx2.Client, path: str, **params: Any) -> httpx2.Response:
    """A list."""
    return client.get(f"/recommendations/{path}", params=params)


def publish(redis: Any, goods: list[str], key: str = "rec:popular") -> None:
    """A popular list: the first product sold most."""
    redis.zadd(key, {product_id: 90 - place for place, product_id in enumerate(goods)})


def test_popular_products_are_those_of_the_list(shopper: httpx2.Client, redis: Any, goods: list[str]) -> None:
    """E-REC-1, R-API-15: the stream side's order, with its scores and its cut."""
    publish(redis, goods)
    answer = ask(shopper, "popular", limit=3)
    body = answer.json()
    assert names(answer) == goods[:3]
    assert (body["source"], body["list_id"], body["complete_up_to"]) == ("redis", "rec:popular", CUT)
    first = body["items"][0]
    assert (first["score"], first["price_minor"], first["currency"], first["available"]) == (90, 100, "GBP", 5)
    assert first["category"] == ["Kitchen"]


def test_a_category_has_its_own_list(shopper: httpx2.Client, redis: Any, goods: list[str], category: str) -> None:
    """E-REC-1: and one of which nothing was sold is empty."""
    publish(redis, goods)
    publish(redis, goods[2:], views.popular_key(category))
    assert names(ask(shopper, "popular", category_id=category)) == goods[2:]
    assert names(ask(shopper, "popular", category_id=uuid4())) == []


def test_what_cannot_be_bought_is_left_out(
    api: str, redis: Any, goods: list[str], seller: httpx2.Client, operator: httpx2.Client
) -> None:
    """R-REC-4: inactive, deleted, of a suspended shop, sold out; the next ones move up."""
    with closing(shop.seller(api)[0]) as other:
        theirs = shop.product(other, price=1, stock=1)
        publish(redis, [theirs, *goods, str(uuid4())])
        seller.patch(f"/products/{goods[0]}", json={"status": "inactive"}).raise_for_status()
        seller.delete(f"/products/{goods[1]}").raise_for_status()
        seller.put(f"/products/{goods[2]}/inventory", json={"on_hand": 0}).raise_for_status()
        operator.patch(f"/sellers/{other.headers['X-Seller']}", json={"status": "suspended"}).raise_for_status()
        assert names(ask(operator, "popular", limit=2)) == [goods[3]]


def test_similar_ones_are_of_the_list_and_else_of_the_category(
    shopper: httpx2.Client, redis: Any, goods: list[str], category: str
) -> None:
    """E-REC-3, R-API-15: never the product itself; the source says what stood in."""
    one, *others = goods
    redis.rpush(views.similar_key(one), others[2], one, others[0])
    publish(redis, goods, views.popular_key(category))
    answer = ask(shopper, f"similar/{one}")
    assert names(answer) == [others[2], others[0]]
    assert (answer.json()["source"], answer.json()["items"][0]["score"]) == ("redis", None)
    redis.delete(views.similar_key(one))
    answer = ask(shopper, f"similar/{one}")
    assert (names(answer), answer.json()["source"]) == (others, "category")
    redis.delete(views.popular_key(category))
    answer = ask(shopper, f"similar/{one}", limit=50)
    assert set(others) < set(names(answer)) | {one}
    assert answer.json()["source"] == "postgres"


def test_a_shoppers_list_and_else_the_popular_one(shopper: httpx2.Client, redis: Any, goods: list[str]) -> None:
    """E-REC-2: for the shopper as `me` too."""
    publish(redis, goods)
    me = shopper.get("/users/me").json()["id"]
    answer = ask(shopper, "user/me")
    assert (names(answer), answer.json()["source"], answer.json()["list_id"]) == (goods, "popular", "rec:user")
    redis.rpush(views.user_list_key(me), *reversed(goods))
    for path in ("user/me", f"user/{me}"):
        answer = ask(shopper, path)
        assert (names(answer), answer.json()["source"]) == (goods[::-1], "redis")


def test_a_list_is_for_whom_it_is_made(
    api: str, shopper: httpx2.Client, operator: httpx2.Client, db: psycopg.Connection[Any], redis: Any
) -> None:
    """E-REC-2, R-API-9: somebody else's is not there; operators and services see it; nobody else."""
    me = shopper.get("/users/me").json()["id"]
    assert httpx2.get(f"{api}/v1/recommendations/user/me").status_code == 401
    with closing(shop.account(api)) as other:
        assert ask(other, f"user/{me}").status_code == 404
        db.execute("UPDATE users SET roles = '{shopper,service}' WHERE email = %s", [other.headers["X-Person"]])
        assert ask(other, f"user/{me}").status_code == 200
    assert ask(operator, f"user/{me}").status_code == 200


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("popular", {"limit": 0}, "query.limit"),
        ("popular", {"limit": 51}, "query.limit"),
        ("popular", {"category_id": "x"}, "query.category_id"),
        ("popular", {"colour": "blue"}, "query.colour"),
        ("user/me", {"limit": "many"}, "query.limit"),
        ("similar/teapot", {}, "path.product_id"),
        ("user/teapot", {}, "path.user_id"),
    ],
)
def test_a_wrong_question_is_named(shopper: httpx2.Client, path: str, params: dict[str, Any], field: str) -> None:
    """R-API-3, R-API-4."""
    answer = ask(shopper, path, **params)
    assert (answer.status_code, [entry["field"] for entry in answer.json()["errors"]]) == (422, [field])


def test_there_is_nothing_like_no_product(shopper: httpx2.Client, seller: httpx2.Client, goods: list[str]) -> None:
    """E-REC-3: unknown and inactive."""
    seller.patch(f"/products/{goods[0]}", json={"status": "inactive"}).raise_for_status()
    assert [ask(shopper, f"similar/{each}").status_code for each in (uuid4(), goods[0])] == [404, 404]


def test_lists_nobody_made_yet_come_from_the_orders(shopper: httpx2.Client, redis: Any, goods: list[str]) -> None:
    """R-REC-6, R-API-15: Redis that lost the lists is as good as none."""
    redis.flushdb()
    body = ask(shopper, "popular").json()
    assert body["source"] == "postgres"
    assert body["complete_up_to"]["tx"] > 0


@pytest.fixture
def away(pg: str, tmp_path: Path) -> Iterator[str]:
    """An api without Redis."""
    settings: dict[str, Any] = {"kafka_bootstrap": NOBODY_LISTENS, "home": tmp_path, "rate_limits": False}
    with serving(**settings, redis_url="redis://127.0.0.1:9/0", platform_currency="GBP") as api:
        yield api


def test_without_redis_the_orders_say_what_is_popular(
    away: str, db: psycopg.Connection[Any], goods: list[str], category: str
) -> None:
    """R-REC-6: units of confirmed orders; pending and cancelled ones do not count."""
    with closing(shop.account(away)) as buyer:
        for place, units in ((1, 3), (3, 2), (3, 2), (2, 4)):
            shop.put_in_cart(buyer, goods[place], units)
            order_id = shop.checkout(buyer)["id"]
            status = "cancelled" if place == 2 else "paid"
            db.execute("UPDATE orders SET status = %s, confirmed_at = now() WHERE id = %s", [status, order_id])
        shop.put_in_cart(buyer, goods[0], 4)
        shop.checkout(buyer)
        answer = ask(buyer, "popular", category_id=category)
        body = answer.json()
        assert [(item["id"], item["score"]) for item in body["items"]][:2] == [(goods[3], 4), (goods[1], 3)]
        assert goods[0] not in names(answer)
        assert body["source"] == "postgres"
        assert ask(buyer, "user/me").json()["source"] == "postgres"
        similar = ask(buyer, f"similar/{goods[3]}", limit=50)
        assert names(similar)[0] == goods[1]
        assert goods[2] in names(similar)
        assert goods[3] not in names(similar)


def test_a_silent_redis_costs_a_fifth_of_a_second_once(pg: str, tmp_path: Path, goods: list[str]) -> None:
    """R-REC-6: then it is left alone for a while."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings: dict[str, Any] = {"kafka_bootstrap": NOBODY_LISTENS, "home": tmp_path, "rate_limits": False}
        with serving(**settings, redis_url=address) as api, closing(shop.client_of(api)) as client:
            ask(client, f"similar/{goods[0]}").raise_for_status()
            took = []
            for _ in range(2):
                time.sleep(1.1)
                for path in ("popular", f"similar/{goods[0]}"):
                    began = time.monotonic()
                    assert ask(client, path).json()["source"] == "postgres"
                    took.append(time.monotonic() - began)
    assert max(took) < 0.5
    assert max(took[1::2]) < 0.15
