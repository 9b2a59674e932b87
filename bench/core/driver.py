"""Checkout over HTTP beside the bare driver: the same SQL, the same HTTP server, nothing between them.

What is compared is settled so: both answer the same request at the same server (uvicorn, httptools, uvloop) with the
same two statements, each a transaction, at the same PostgreSQL. The bare side computes nothing: it sends values that
were recorded from a checkout of ours, with new ids. So the ratio says how much of what HTTP and SQL alone allow is left
when tokens, validation, prices, facts and the stored answer of the Idempotency-Key are there.

One core is saturated: the server that is asked and PostgreSQL share it, and the shoppers have the others. Neither relay
nor reactor runs; else the figure would say how busy those are with the orders of the rounds before.
"""

import asyncio
from collections.abc import Iterator, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy import event
from starlette.responses import Response

from api import db, idempotency, ids
from api.orders import service
from bench._figures import Figure
from bench.core import _bare
from bench.core._cpu import Meter, on_one_core
from bench.core._http import Connection, Visit, crowd, request
from bench.core._instance import Instance, running
from bench.core._people import signed_in
from stack.ports import free_base
from tests import shop
from tests.api import market

LINES, TOGETHER, ROUNDS, ORDERS, POOL = 3, 8, 12, 160, 12
LEAST_RATIO, MOST_P99_MS = 0.6, 120
PARTS = ("servers", "api")
_CARTS = "SELECT user_id, id FROM carts WHERE user_id = ANY(%s)"
_BESIDE = """
SELECT p.seller_id, p.category_id, i.id FROM products p JOIN inventory i ON i.product_id = p.id WHERE p.id = ANY(%s)
"""
BODY = {"address": shop.ADDRESS, "payment_method": "card"}


class Round(NamedTuple):
    """Orders a second, CPU milliseconds an order, and the seconds that each took."""

    rate: float
    cpu_ms: float
    took: list[float]


def main() -> list[Figure]:
    """Rates, their ratio, the ratio of CPU time, and the p99 of ours; rounds in turn, medians."""
    with running(PARTS) as instance:
        baskets = [market.products(instance.dsn, LINES, stock=1_000_000) for _ in range(TOGETHER)]
        recorded = [asyncio.run(_recorded(instance.dsn, basket)) for basket in baskets]
        port = free_base(1, 28_000, 29_000)
        with _bare.serving(port, instance.dsn, POOL, recorded) as bare:
            sides = _Sides(instance, port, bare, baskets)
            with on_one_core(*sides.asked_and_others()):
                rounds = [(asyncio.run(sides.ours()), asyncio.run(sides.bare())) for _ in range(ROUNDS + 1)][1:]
    return _figures([ours for ours, _ in rounds], [bare for _, bare in rounds])


def _figures(ours: Sequence[Round], bare: Sequence[Round]) -> list[Figure]:
    ratio = median(one.rate / two.rate for one, two in zip(ours, bare, strict=True))
    cpu = median(two.cpu_ms / one.cpu_ms for one, two in zip(ours, bare, strict=True))
    p99 = quantiles([seconds * 1000 for one in ours for seconds in one.took], n=100)[-1]
    return [
        Figure("checkout over HTTP", median(one.rate for one in ours), "/s"),
        Figure("checkout over HTTP: CPU of api and PostgreSQL", median(one.cpu_ms for one in ours), "ms"),
        Figure("the same SQL by the bare driver", median(one.rate for one in bare), "/s"),
        Figure("the same SQL by the bare driver: CPU", median(one.cpu_ms for one in bare), "ms"),
        Figure("checkout beside the bare driver, orders/s", ratio, "times", LEAST_RATIO),
        Figure("checkout beside the bare driver, orders per CPU second", cpu, "times", LEAST_RATIO),
        Figure(f"checkout p99, {TOGETHER} at a time", p99, "ms", MOST_P99_MS, at_most=True),
    ]


async def _recorded(dsn: str, basket: list[UUID]) -> _bare.Recorded:
    """One checkout of ours, with what the driver was given."""
    (user_id,) = market.shoppers(dsn, 1, basket)
    pool = db.engine(dsn, size=1)
    seen: list[tuple[str, dict[str, Any]]] = []
    event.listen(pool.sync_engine, "before_cursor_execute", lambda *call: seen.append((call[2], dict(call[3]))))
    async with db.statement(pool) as conn:
        looked = await service.look(conn, user_id, market.ASKED)
        call = idempotency.Call(str(user_id), "POST", "/v1/checkout", str(ids.new()), "0" * 64, claimed=False)
        answer = Response(b'{"placed":true}', 201, media_type="application/json")
        assert await service.hold_and_write(conn, looked, idempotency.columns(call, answer))
    await pool.dispose()
    placed = looked.placed
    kept = frozenset((*basket, *_rows_of(dsn, basket)))
    return _bare.Recorded(seen, user_id, placed.cart_id, placed.order_number, kept, bytes(answer.body))


def _rows_of(dsn: str, basket: list[UUID]) -> list[UUID]:
    """Ids of what stands beside the products and stays the same."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_BESIDE, [basket])
        return [one for row in rows for one in row]


class _Sides:
    """Both servers, and shoppers with full carts for each."""

    def __init__(self, instance: Instance, port: int, bare: int, baskets: Sequence[list[UUID]]) -> None:
        self._instance, self._port, self._baskets = instance, port, baskets
        pids = instance.pids()
        self._ours = {"api": pids["api"], "postgres": pids["postgres"]}
        self._bare = {"bare": bare, "postgres": pids["postgres"]}

    def asked_and_others(self) -> tuple[set[int], set[int]]:
        """Processes that answer and their database; all others of the instance."""
        asked = {*self._ours.values(), *self._bare.values()}
        return asked, set(self._instance.pids().values()) - asked

    async def ours(self) -> Round:
        """Checkouts at the api."""
        people = [user_id for user_id, _ in self._shoppers()]
        asked = [one.ask("POST", "/checkout", BODY) for one in signed_in(self._instance.environment, people)]
        return await _round(self._instance.port, asked, Meter(self._ours))

    async def bare(self) -> Round:
        """The same at the bare server."""
        people = self._shoppers()
        with psycopg.connect(self._instance.dsn) as connection:
            found = connection.execute(_CARTS, [[user_id for user_id, _ in people]])
            carts: dict[UUID, UUID] = {row[0]: row[1] for row in found}
        asked = [
            request("POST", "/v1/checkout", {"user_id": user_id, "cart_id": carts[user_id], "till": till})
            for user_id, till in people
        ]
        return await _round(self._port, asked, Meter(self._bare))

    def _shoppers(self) -> list[tuple[UUID, int]]:
        """Shoppers with the till whose goods they have; neighbours in the queue have others."""
        each = ORDERS // TOGETHER
        queues = [market.shoppers(self._instance.dsn, each, basket) for basket in self._baskets]
        return [(user_id, till) for row in zip(*queues, strict=True) for till, user_id in enumerate(row)]


async def _round(port: int, asked: Sequence[bytes], meter: Meter) -> Round:
    waiting = iter(asked)

    async def visit(connection: Connection) -> None:
        assert (await connection.ask(next(waiting))).status == 201

    visits: Iterator[Visit] = (visit for _ in asked)
    took = await crowd(port, visits, together=TOGETHER)
    spent = meter.spent()
    return Round(len(asked) / spent.seconds, sum(spent.ms_each(len(asked)).values()), took)
