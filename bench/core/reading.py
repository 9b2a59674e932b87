"""Product page and product list over HTTP, from Redis' copy and from PostgreSQL: requests a second and CPU each."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from statistics import median
from uuid import UUID

from redis import Redis

from api.catalog.pages import key
from bench._figures import Figure
from bench.core._cpu import Meter
from bench.core._http import Connection, Visit, crowd, request
from bench.core._instance import Instance, running
from streams.views import inventory_key, product_version_key
from tests.api import market

PRODUCTS, LISTED = 200, 20
REQUESTS, TOGETHER, ROUNDS = 1_000, 16, 5
COUNTED = ("api", "postgres", "valkey")
LEAST = 1_500
"""Five times what Vendure answers on two cores: 303 lists, 312 pages a second at 32 clients (6 CPU-ms each)."""
PEERS = {"list": (303, 6), "page": (312, 6)}


def main() -> list[Figure]:
    """Requests a second of one api process, rounds of all kinds in turn; medians."""
    with running() as instance:
        goods = market.products(instance.dsn, PRODUCTS, stock=1_000)
        _publish(instance, goods)
        kinds = {"page, cached": _pages(goods), "page, PostgreSQL": _pages(goods), "list, PostgreSQL": _lists()}
        for name, requests in kinds.items():
            asyncio.run(_round(instance, name, requests, goods))
        rounds = [
            {name: asyncio.run(_round(instance, name, requests, goods)) for name, requests in kinds.items()}
            for _ in range(ROUNDS)
        ]
    return [figure for name in kinds for figure in _figures(name, [each[name] for each in rounds])]


def _figures(name: str, rounds: list[tuple[float, float, float]]) -> Iterator[Figure]:
    rate, cpu, api = (median(values) for values in zip(*rounds, strict=True))
    yield Figure(f"product {name}", rate, "/s", LEAST)
    yield Figure(f"product {name}: CPU of api, PostgreSQL, Redis", cpu, "ms")
    yield Figure(f"product {name}: of this the api", api, "ms")
    peer = PEERS[name.partition(",")[0]]
    yield Figure("  Vendure 3.7.3", peer[0], f"/s, {peer[1]} CPU-ms")


def _pages(goods: list[UUID]) -> Iterator[bytes]:
    return cycle([request("GET", f"/v1/products/{product_id}") for product_id in goods])


def _lists() -> Iterator[bytes]:
    sorts = ("-created_at", "price", "name")
    return cycle([request("GET", f"/v1/products?limit={LISTED}&sort={sort}") for sort in sorts])


def _publish(instance: Instance, goods: list[UUID]) -> None:
    """What the stream side tells of each product; without it no copy is served."""
    told: Mapping[str, int] = {inventory_key(one): 1_000 for one in goods} | {
        product_version_key(one): 1 for one in goods
    }
    with Redis.from_url(instance.environment["ATLANTIC_REDIS_URL"]) as redis:
        redis.mset(dict(told))


async def _round(
    instance: Instance, name: str, requests: Iterator[bytes], goods: list[UUID]
) -> tuple[float, float, float]:
    """Requests a second, CPU milliseconds each, and the api's part of these."""
    if name.endswith("PostgreSQL"):
        _forget(instance, goods)
    else:
        _publish(instance, goods)
    pids = instance.pids()
    meter = Meter({part: pids[part] for part in COUNTED})
    await crowd(instance.port, _visits(islice(requests, REQUESTS)), together=TOGETHER)
    spent = meter.spent()
    each = spent.ms_each(REQUESTS)
    return REQUESTS / spent.seconds, sum(each.values()), each["api"]


def _forget(instance: Instance, goods: list[UUID]) -> None:
    """Without the stream side's word no copy counts, however often it is written again."""
    with Redis.from_url(instance.environment["ATLANTIC_REDIS_URL"]) as redis:
        redis.delete(*(name(one) for one in goods for name in (key, inventory_key, product_version_key)))


def _visits(requests: Iterator[bytes]) -> Iterator[Visit]:
    async def visit(connection: Connection) -> None:
        assert (await connection.ask(next(requests))).status == 200

    return (visit for _ in range(REQUESTS))
