"""Kafka, ClickHouse, Meilisearch and Redis away while shoppers trade: all is answered, nothing is lost (R-API-16).

The short form freezes all four for some seconds; the long one (make promises) kills and freezes each for a minute.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any

import httpx2
import psycopg
import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from stack.environment import settings
from stack.home import Home
from streams.views import inventory_key
from tests.chaos.outage import frozen, killed
from tests.chaos.trade import PRICE, Trader
from tests.line import Line, eventually
from tests.shop import product, seller

LONG = os.environ.get("ATLANTIC_PROMISES") == "long"
SERVERS = ("kafka", "clickhouse", "meilisearch", "valkey")
AWAY_S, TRADERS = (60.0, 3) if LONG else (4.0, 1)
HEALS_IN_S = 180.0
STOCK = 100_000
PATIENCE_S = 15.0
"""Nobody waits longer for any answer, also on a busy machine."""

Away = Callable[[Line, str], AbstractContextManager[None]]
CASES: list[tuple[Away, tuple[str, ...]]] = (
    [(how, (server,)) for server in SERVERS for how in (killed, frozen)] if LONG else [(frozen, SERVERS)]
)


@pytest.mark.parametrize(
    ("how", "servers"), CASES, ids=lambda value: "+".join(value) if isinstance(value, tuple) else value.__name__
)
def test_a_server_may_be_away(
    line: Line, how: Away, servers: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """R-API-16, R-NFR-7, R-MOON-1: what must answer answers, the rest says when to come back, nothing is lost."""
    owner, seller_id = seller(line.api)
    product_id = product(owner, price=PRICE, stock=STOCK)
    traders = [Trader(line, owner, product_id) for _ in range(TRADERS)]
    for trader in traders:
        trader.told.away = servers
        trader.start()
    with ExitStack() as away:
        for server in servers:
            away.enter_context(how(line, server))
        time.sleep(AWAY_S)
    for trader in traders:
        trader.finish()
    sold = sum(trader.sold for trader in traders)
    healed = caught_up(line, owner, (seller_id, product_id), sold)
    calls = sum(len(each) for trader in traders for each in trader.told.took.values())
    slowest = max((trader.told.slowest() for trader in traders), key=lambda pair: pair[1])
    waits = sum(sum(trader.told.waits.values()) for trader in traders)
    with capsys.disabled():
        print(
            f"\n{how.__name__} {'+'.join(servers)}: {calls} calls, {sold} sold, {waits} told to wait, slowest {slowest}"
        )
        print("  caught up: " + ", ".join(f"{what} {seconds:.1f} s" for what, seconds in healed.items()), flush=True)
    assert [wrong for trader in traders for wrong in trader.told.wrong] == []
    assert sold > 0
    assert slowest[1] < PATIENCE_S


def caught_up(line: Line, owner: httpx2.Client, whose: tuple[str, str], sold: int) -> dict[str, float]:
    """Seconds until each part of Atlantic knows everything; AssertionError when one does not."""
    seller_id, product_id = whose
    told = settings(Home(line.home, line.port_base))
    name = f"Kettle {time.time_ns()}"
    owner.patch(f"/products/{product_id}", json={"name": name}).raise_for_status()
    units = f"SELECT sum(units), sum(gross_minor) FROM atlantic.books_day WHERE seller_id = '{seller_id}'"
    with (
        psycopg.connect(told["ATLANTIC_POSTGRES_DSN"], autocommit=True) as db,
        Redis.from_url(told["ATLANTIC_REDIS_URL"]) as redis,
    ):
        return _all(
            {
                "sagas": lambda: _open_orders(db, product_id) == 0,
                "outbox": lambda: db.execute("SELECT count(*) FROM outbox").fetchone() == (0,),
                "search": lambda: _found(owner, name, product_id),
                "stock": lambda: redis.get(inventory_key(product_id)) == str(STOCK - sold).encode(),
                "live sales": lambda: _live_units(owner) == sold,
                "books": lambda: line.sql(units) == [[str(sold), str(sold * PRICE)]],
                "reconciled": lambda: line.run("reconcile").returncode == 0,
            }
        )


def _so_far(look: Callable[[], bool]) -> bool:
    """Not yet while the server that is asked is on its way up: the warehouse or Valkey."""
    try:
        return look()
    except (AssertionError, RedisConnectionError):
        return False


def _all(waited: dict[str, Callable[[], bool]]) -> dict[str, float]:
    """Each is asked in a thread of its own: a command takes seconds."""
    began = time.monotonic()

    def healed(look: Callable[[], bool]) -> float:
        eventually(partial(_so_far, look), within=HEALS_IN_S)
        return time.monotonic() - began

    with ThreadPoolExecutor(len(waited)) as threads:
        times = {what: threads.submit(healed, look) for what, look in waited.items()}
    return {what: seconds.result() for what, seconds in times.items()}


def _open_orders(db: psycopg.Connection[Any], product_id: str) -> int:
    found = db.execute(
        "SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id "
        "WHERE i.product_id = %s AND o.status <> 'processing'", [product_id],
    ).fetchone()  # fmt: skip
    return int(found[0]) if found else 0


def _found(owner: httpx2.Client, name: str, product_id: str) -> bool:
    answer = owner.get("/search", params={"q": name}).raise_for_status().json()
    return answer["source"] == "meilisearch" and product_id in [item["id"] for item in answer["items"]]


def _live_units(owner: httpx2.Client) -> int:
    answer = owner.get("/analytics/dashboard")
    return int(answer.json()["units"]) if answer.is_success else -1
