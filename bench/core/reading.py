"""Product page and product list over HTTP: requests a second and CPU each, beside what the same bytes cost unread.

Every side is asked in turn by the same client, so that their ratios hold on a machine that others use too.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count, cycle, islice
from statistics import median
from typing import NamedTuple
from uuid import UUID

from redis import Redis

from api.catalog.pages import key
from bench._figures import Figure
from bench.core import _empty
from bench.core._cpu import Meter
from bench.core._http import Connection, Visit, connect, crowd, request
from bench.core._instance import Instance, running
from stack.ports import free_base
from streams.views import inventory_key, product_version_key
from tests.api import market

PRODUCTS, LISTED = 200, 20
REQUESTS, TOGETHER, ROUNDS = 1_000, 16, 5
PORTS = 28_000, 29_000
COUNTED = ("api", "postgres", "valkey")
LEAST = 1_500
"""Five times what Vendure answers on two cores: 303 lists, 312 pages a second at 32 clients (6 CPU-ms each)."""
PEERS = {"list": (303, 6), "page": (312, 6)}
UNREAD = "page, server alone"


class Side(NamedTuple):
    """Who is asked for what: a port, the parts whose CPU time counts (the one that answers first), requests."""

    port: int
    parts: Mapping[str, int]
    requests: Iterator[bytes]
    before: Callable[[], None]


class Round(NamedTuple):
    """Requests a second, CPU milliseconds each, and the part of whoever answers in these."""

    rate: float
    cpu: float
    answering: float


def main() -> list[Figure]:
    """Rounds of all sides in turn; medians, and how far from the server alone they are."""
    with running() as instance, ExitStack() as ending:
        goods = market.products(instance.dsn, PRODUCTS, stock=1_000)
        _publish(instance, goods)
        sides = _ours(instance, goods) | _unread(ending, instance, goods)
        for side in sides.values():
            asyncio.run(_round(side))
        rounds = [{name: asyncio.run(_round(side)) for name, side in sides.items()} for _ in range(ROUNDS)]
    return [figure for name in sides for figure in _figures(name, rounds)]


def _figures(name: str, rounds: list[dict[str, Round]]) -> Iterator[Figure]:
    each = [one[name] for one in rounds]
    ours = name not in map(_named, _empty.APPS)
    yield Figure(f"product {name}", median(one.rate for one in each), "/s", LEAST if ours else None)
    yield Figure(f"product {name}: CPU", median(one.cpu for one in each), "ms")
    if ours:
        yield Figure("  of this the api", median(one.answering for one in each), "ms")
        yield Figure("  times the server alone", median(one[name].cpu / one[UNREAD].cpu for one in rounds))
        peer = PEERS[name.partition(",")[0]]
        yield Figure("  Vendure 3.7.3", peer[0], f"/s, {peer[1]} CPU-ms")


def _ours(instance: Instance, goods: list[UUID]) -> dict[str, Side]:
    pids = instance.pids()
    parts = {part: pids[part] for part in COUNTED}

    def side(requests: Iterator[bytes], before: Callable[[Instance, list[UUID]], None]) -> Side:
        return Side(instance.port, parts, requests, lambda: before(instance, goods))

    return {
        "page, cached": side(_pages(goods), _publish),
        "page, PostgreSQL": side(_pages(goods), _forget),
        "list, three of them": side(_lists(), _publish),
        "list, each another": side(_other_lists(), _publish),
    }


def _unread(ending: ExitStack, instance: Instance, goods: list[UUID]) -> dict[str, Side]:
    body = asyncio.run(_body(instance.port, next(_pages(goods))))
    sides = {}
    for name in _empty.APPS:
        port = free_base(1, *PORTS)
        pid = ending.enter_context(_empty.serving(port, name, body))
        sides[_named(name)] = Side(port, {name: pid}, _pages(goods), lambda: None)
    return sides


def _named(app: str) -> str:
    return f"page, {app}"


async def _body(port: int, asked: bytes) -> bytes:
    connection = await connect(port)
    answer = await connection.ask(asked)
    connection.close()
    return answer.body


def _pages(goods: list[UUID]) -> Iterator[bytes]:
    return cycle([request("GET", f"/v1/products/{product_id}") for product_id in goods])


def _lists() -> Iterator[bytes]:
    sorts = ("-created_at", "price", "name")
    return cycle([request("GET", f"/v1/products?limit={LISTED}&sort={sort}") for sort in sorts])


def _other_lists() -> Iterator[bytes]:
    """Nobody asks for one that was read before, so nothing is shared."""
    return (request("GET", f"/v1/products?limit={LISTED}&price_max={1_000_000 + most}") for most in count())


def _publish(instance: Instance, goods: list[UUID]) -> None:
    """What the stream side tells of each product; without it no copy is served."""
    told: Mapping[str, int] = {inventory_key(one): 1_000 for one in goods} | {
        product_version_key(one): 1 for one in goods
    }
    with Redis.from_url(instance.environment["ATLANTIC_REDIS_URL"]) as redis:
        redis.mset(dict(told))


def _forget(instance: Instance, goods: list[UUID]) -> None:
    """Without the stream side's word no copy counts."""
    with Redis.from_url(instance.environment["ATLANTIC_REDIS_URL"]) as redis:
        redis.delete(*(name(one) for one in goods for name in (key, inventory_key, product_version_key)))


async def _round(side: Side) -> Round:
    side.before()
    meter = Meter(side.parts)
    await crowd(side.port, _visits(islice(side.requests, REQUESTS)), together=TOGETHER)
    spent = meter.spent()
    each = spent.ms_each(REQUESTS)
    return Round(REQUESTS / spent.seconds, sum(each.values()), each[next(iter(side.parts))])


def _visits(requests: Iterator[bytes]) -> Iterator[Visit]:
    async def visit(connection: Connection) -> None:
        assert (await connection.ask(next(requests))).status == 200

    return (visit for _ in range(REQUESTS))
