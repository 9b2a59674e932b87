"""Sales of a seller and of all over HTTP: what the stream side published, and groups out of the ledger."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from redis import Redis

from streams import views
from streams.views import ALL, DAYS_CUT_KEY, DAYS_KEPT, HOURS_KEPT, DaySales, Published, Sales, day_key
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving


def today() -> date:
    """The UTC day."""
    return datetime.now(UTC).date()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Any]:
    """Redis with a cut of this moment and no sales."""
    with Redis.from_url(redis_url) as client:
        client.flushdb()
        client.set(DAYS_CUT_KEY, Published(41, datetime.now(UTC)).text())
        yield client
        client.flushdb()


def sold(redis: Any, scope: str, days_ago: int, gross: int, *, orders: int = 1, currency: str = "GBP") -> None:
    """Publish a day on which everything was sold at nine."""
    sales = Sales(gross_minor=gross, discount_minor=10, tax_minor=5, net_minor=gross - 15, orders=orders, units=2)
    day = today() - timedelta(days=days_ago)
    redis.set(day_key(scope, currency, day), DaySales(day=sales, hours={9: sales}).text())


def ask(client: httpx2.Client, path: str, **params: Any) -> httpx2.Response:
    """Numbers."""
    return client.get(f"/analytics/{path}", params=params)


def ago(days: int) -> str:
    """A day."""
    return (today() - timedelta(days=days)).isoformat()


def test_a_dashboard_adds_up_days_and_compares(seller: httpx2.Client, redis: Any) -> None:
    """E-ANA-1, R-ANA-3, R-API-15: averages are divided at read; the period before has its own."""
    mine = seller.headers["X-Seller"]
    for days_ago, gross, orders in ((0, 1_000, 2), (1, 500, 1), (2, 90, 1)):
        sold(redis, mine, days_ago, gross, orders=orders)
    body = ask(seller, "dashboard", **{"from": ago(1)}, compare=True).raise_for_status().json()
    assert (body["from"], body["to"], body["currency"], body["seller_id"]) == (ago(1), ago(0), "GBP", mine)
    assert (body["gross_minor"], body["discount_minor"], body["net_minor"], body["orders"]) == (1_500, 20, 1_470, 3)
    assert (body["aov_minor"], body["units"], body["final"]) == (493, 4, False)
    assert (body["before"]["gross_minor"], body["before"]["from"], body["before"]["final"]) == (90, ago(3), True)
    assert (body["source"], body["complete_up_to"]["tx"]) == ("redis", 41)
    assert body["registrations"] is None


def test_a_day_without_sales_is_zero(seller: httpx2.Client, redis: Any) -> None:
    """E-ANA-1: an average of nothing is null; yesterday is final, today is not."""
    body = ask(seller, "dashboard", **{"from": ago(1), "to": ago(1)}).raise_for_status().json()
    assert (body["gross_minor"], body["orders"], body["aov_minor"], body["final"]) == (0, 0, None, True)
    assert body["before"] is None


def test_what_stands_in_the_shop_now(
    api: str, operator: httpx2.Client, category: str, db: psycopg.Connection[Any], redis: Any
) -> None:
    """E-ANA-1: low stock by the seller's own threshold, ratings, open complaints, and for operators registrations."""
    with closing(shop.seller(api)[0]) as own, closing(shop.account(api)) as buyer:
        low, much = shop.product(own, price=100, stock=6), shop.product(own, price=100, stock=60)
        shop.put_in_cart(buyer, low, 1)
        order_id = shop.checkout(buyer)["id"]
        db.execute("UPDATE products SET rating_sum = 9, rating_count = 2 WHERE id = %s", [much])
        db.execute(
            "INSERT INTO complaints (id, order_id, user_id, type, description) "
            "SELECT uuidv7(), id, user_id, 'defect', 'broken' FROM orders WHERE id = %s",
            [order_id],
        )
        body = ask(own, "dashboard").raise_for_status().json()
        shown = [body[name] for name in ("low_stock", "rating_average", "rating_count", "open_complaints")]
        assert shown == [1, "4.50", 2, 1]
        everybody = ask(operator, "dashboard").raise_for_status().json()
        assert everybody["seller_id"] is None
        assert everybody["registrations"] >= 2
        assert everybody["low_stock"] >= 1


def test_numbers_are_their_owners(api: str, seller: httpx2.Client, operator: httpx2.Client, redis: Any) -> None:
    """R-ANA-6, R-SEL-1: another seller's are not there; operators see all of them, or one's."""
    mine = seller.headers["X-Seller"]
    sold(redis, mine, 0, 1_000)
    sold(redis, ALL, 0, 7_000)
    with closing(shop.seller(api)[0]) as other, closing(shop.account(api)) as shopper:
        for path in ("dashboard", "orders"):
            assert ask(other, path, seller_id=mine).status_code == 404
            assert ask(other, path, seller_id=mine, group="status").status_code in (404, 422)
            assert ask(shopper, path).status_code == 403
            assert httpx2.get(f"{api}/v1/analytics/{path}").status_code == 401
            assert ask(operator, path, seller_id=uuid4()).status_code == 404
        assert ask(other, "orders", seller_id=mine, group="status").status_code == 404
        assert ask(other, "dashboard").json()["gross_minor"] == 0
    assert ask(operator, "dashboard").json()["gross_minor"] == 7_000
    assert ask(operator, "dashboard", seller_id=mine).json()["gross_minor"] == 1_000
    assert ask(seller, "dashboard", seller_id=mine).json()["gross_minor"] == 1_000


def test_currencies_do_not_mix(seller: httpx2.Client, redis: Any) -> None:
    """R-ANA-8."""
    mine = seller.headers["X-Seller"]
    sold(redis, mine, 0, 1_000)
    sold(redis, mine, 0, 5, currency="IDR")
    assert ask(seller, "dashboard").json()["gross_minor"] == 1_000
    assert ask(seller, "dashboard", currency="IDR").json()["gross_minor"] == 5


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("dashboard", {"from": ago(0), "to": ago(1)}, "query.from"),
        ("dashboard", {"from": ago(366), "to": ago(0)}, "query.from"),
        ("dashboard", {"from": ago(DAYS_KEPT + 1), "to": ago(DAYS_KEPT)}, "query.from"),
        ("dashboard", {"from": ago(300), "compare": True}, "query.compare"),
        ("dashboard", {"to": "9999-12-31"}, "query.to"),
        ("dashboard", {"from": "yesterday"}, "query.from"),
        ("dashboard", {"currency": "XYZ"}, "query.currency"),
        ("dashboard", {"colour": "blue"}, "query.colour"),
        ("orders", {"interval": "minute"}, "query.interval"),
        ("orders", {"group": "colour"}, "query.group"),
        ("orders", {"from": ago(HOURS_KEPT + 1), "interval": "hour"}, "query.from"),
    ],
)
def test_a_wrong_question_is_named(
    seller: httpx2.Client, redis: Any, path: str, params: dict[str, Any], field: str
) -> None:
    """R-API-3: what is not kept is refused, not answered with zeroes."""
    answer = ask(seller, path, **params)
    assert (answer.status_code, [entry["field"] for entry in answer.json()["errors"]]) == (422, [field])


def test_sales_by_time(seller: httpx2.Client, redis: Any) -> None:
    """E-ANA-2, R-ANA-7: each stretch is there, with zeroes where nothing was."""
    mine = seller.headers["X-Seller"]
    sold(redis, mine, 0, 1_000)
    sold(redis, mine, 2, 500)
    by_day = ask(seller, "orders", **{"from": ago(2)}).raise_for_status().json()
    assert [(item["start"][:10], item["gross_minor"]) for item in by_day["items"]] == [
        (ago(2), 500), (ago(1), 0), (ago(0), 1_000),
    ]  # fmt: skip
    assert [item["final"] for item in by_day["items"]] == [True, True, False]
    assert (by_day["source"], by_day["complete_up_to"]["tx"]) == ("redis", 41)
    hours = ask(seller, "orders", **{"from": ago(2), "interval": "hour"}).json()["items"]
    assert len(hours) == 72
    assert {item["start"]: item["gross_minor"] for item in hours if item["gross_minor"]} == {
        f"{ago(2)}T09:00:00.000Z": 500, f"{ago(0)}T09:00:00.000Z": 1_000,
    }  # fmt: skip


@pytest.mark.parametrize("interval", ["week", "month"])
def test_longer_stretches_lose_no_day(seller: httpx2.Client, redis: Any, interval: str) -> None:
    """E-ANA-2: the first and the last one hold the days asked for only."""
    for days_ago in range(70):
        sold(redis, seller.headers["X-Seller"], days_ago, 100)
    items = ask(seller, "orders", **{"from": ago(60), "interval": interval}).raise_for_status().json()["items"]
    assert sum(item["gross_minor"] for item in items) == 6_100
    assert items[0]["start"][:10] == ago(60)
    starts = [date.fromisoformat(item["start"][:10]) for item in items[1:]]
    assert all(day.weekday() == 0 if interval == "week" else day.day == 1 for day in starts)


def test_groups_come_from_the_ledger(
    api: str, seller: httpx2.Client, operator: httpx2.Client, category: str, redis: Any
) -> None:
    """E-ANA-2, R-ANA-2: captured money only, at a cut; an order in several rows is one order."""
    with closing(shop.account(api)) as buyer, closing(shop.seller(api)[0]) as other:
        mine, theirs = shop.product(seller, price=1_000, stock=50), shop.product(other, price=300, stock=50)
        shop.put_in_cart(buyer, theirs, 1)
        shop.buy(buyer, mine, 2).raise_for_status()
        shop.put_in_cart(buyer, mine, 1)
        shop.checkout(buyer)
        for group, name in (("payment_method", "card"), ("area", "31"), ("category", category)):
            body = ask(seller, "orders", group=group).raise_for_status().json()
            (item,) = body["items"]
            assert (item["group"], item["gross_minor"], item["orders"], item["units"]) == (name, 2_000, 1, 2)
            assert (body["source"], item["start"][:10]) == ("postgres", ago(0))
            assert body["complete_up_to"]["tx"] > 0
        (item,) = ask(operator, "orders", group="payment_method", interval="month").json()["items"]
        assert (item["gross_minor"], item["orders"], item["units"]) == (2_300, 1, 3)
        books = ask(operator, "reconcile", seller_id=seller.headers["X-Seller"]).json()["cells"]
        assert (
            sum(cell["net_minor"] for cell in books)
            == ask(seller, "orders", group="area").json()["items"][0]["net_minor"]
        )


def test_without_the_read_model_it_says_so(pg: str, seller: httpx2.Client, redis: Any, tmp_path: Any) -> None:
    """R-API-16: 503 with Retry-After, without Redis and before the days are published; groups are still there."""
    redis.delete(DAYS_CUT_KEY)
    settings: dict[str, Any] = {"kafka_bootstrap": NOBODY_LISTENS, "home": tmp_path, "rate_limits": False}
    with serving(**settings, redis_url="redis://127.0.0.1:9/0", platform_currency="GBP") as away:
        for address in (str(seller.base_url).removesuffix("/v1/"), away):
            for path in ("dashboard", "orders"):
                headers = {"Authorization": seller.headers["Authorization"]}
                answer = httpx2.get(f"{address}/v1/analytics/{path}", headers=headers)
                assert (answer.status_code, answer.json()["type"]) == (503, "/problems/read-model-unavailable")
                assert int(answer.headers["retry-after"]) > 0
                assert answer.json()["source"] == "redis"
            answer = httpx2.get(f"{address}/v1/analytics/orders", params={"group": "status"}, headers=headers)
            assert answer.json()["source"] == "postgres"


def test_names_of_keys() -> None:
    """17.5."""
    assert views.day_key(ALL, "GBP", date(2026, 11, 21)) == "analytics:orders:all:GBP:2026-11-21"
