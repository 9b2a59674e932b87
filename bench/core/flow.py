"""A buyer's whole way over HTTP: two lines, address, shipping costs, checkout, payment, until the order is processed.

Beside it what other shops needed for the same on two cores, measured by the same method (CPU by process group, every
statement that the database was sent).
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median
from uuid import UUID

import psycopg

from bench._figures import Figure
from bench.core._cpu import Meter
from bench.core._http import Connection, Visit, crowd
from bench.core._instance import Instance, running
from bench.core._people import Buyer, buy, buyers, in_turn, settled
from tests.api import market

COUNTED = ("api", "reactor", "relay", "postgres")
BESIDE = ("valkey", "kafka")
ORDERS, TOGETHER, ROUNDS = 100, 8, 3
PRODUCTS = 400
CROWD, RARE = 200, 10
MOST_CPU_MS, MOST_STATEMENTS, MOST_SECONDS = 12, 30, 3
PEERS = {
    "Medusa 2.21.2": (1003, 712),
    "Vendure 3.7.3": (177, 362),
    "Saleor 3.24.0-a.0": (807, 781),
}
"""CPU milliseconds and statements an order at 8 to 32 buyers, 2026-08: the makers' own production set-ups on two cores,
PostgreSQL 15 durable, one load generator for all; server, database and Redis counted, the load generator not."""
_STATEMENTS = (
    "SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(calls) FILTER (WHERE query ~* '^(begin|commit|rollback)'), 0)"
    "::bigint FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND query !~ 'pg_stat_statements' AND query !~ 'bench'"
)


def main() -> list[Figure]:
    """CPU, statements and orders a second of ordinary buyers; then crowds at rare goods and at plenty."""
    with running() as instance:
        figures = _ordinary(instance)
        figures += _crowds(instance)
    for name, (cpu, statements) in PEERS.items():
        figures += [Figure(f"  {name}: CPU", cpu, "ms/order"), Figure(f"  {name}: statements", statements, "/order")]
    return figures


def _ordinary(instance: Instance) -> list[Figure]:
    goods = market.products(instance.dsn, PRODUCTS, stock=1_000_000)
    asyncio.run(_round(instance, goods, TOGETHER * 5))
    rounds = [asyncio.run(_round(instance, goods, ORDERS)) for _ in range(ROUNDS)]
    cpu, statements, marks, rate = (median(values) for values in zip(*rounds, strict=True))
    return [
        Figure("flow: CPU of api, reactor, relay, PostgreSQL", cpu, "ms/order", MOST_CPU_MS, at_most=True),
        Figure("flow: statements", statements, "/order", MOST_STATEMENTS, at_most=True),
        Figure("flow: of these BEGIN, COMMIT, ROLLBACK", marks, "/order"),
        Figure("flow: orders placed", rate, "/s"),
    ]


async def _round(instance: Instance, goods: Sequence[UUID], orders: int) -> tuple[float, float, float, float]:
    """CPU milliseconds, statements and transaction marks an order, and orders a second of shoppers."""
    people = buyers(instance.dsn, instance.environment, orders)
    await _quiet(instance)
    before, meter = _sent(instance.dsn), Meter({name: instance.pids()[name] for name in (*COUNTED, *BESIDE)})
    began = time.perf_counter()
    placed = await _bought(instance, people, in_turn(goods, 2), TOGETHER)
    rate = orders / (time.perf_counter() - began)
    assert len(placed) == orders
    await settled(instance.dsn, placed)
    await _quiet(instance)
    each, after = meter.spent().ms_each(orders), _sent(instance.dsn)
    sent, marks = ((there - here) / orders for there, here in zip(after, before, strict=True))
    cpu = sum(each[name] for name in COUNTED)
    told = ", ".join(f"{name} {ms:.1f}" for name, ms in each.items())
    print(
        f"  {rate:,.0f} orders/s; {cpu:.1f} CPU-ms an order ({told}); {sent:.0f} statements ({marks:.0f} marks)",
        flush=True,
    )
    return cpu, sent, marks, rate


async def _bought(
    instance: Instance, people: Sequence[Buyer], baskets: Iterator[list[UUID]], together: int
) -> list[UUID]:
    placed: list[UUID] = []

    async def visit(buyer: Buyer, basket: Sequence[UUID], connection: Connection) -> None:
        order_id = await buy(connection, buyer, basket)
        placed.extend([order_id] if order_id else [])

    visits: Iterator[Visit] = (partial(visit, one, basket) for one, basket in zip(people, baskets, strict=False))
    await crowd(instance.port, visits, together=together)
    return placed


async def _quiet(instance: Instance) -> None:
    """Return when nothing waits in the outbox and every message is written."""
    async with await psycopg.AsyncConnection.connect(instance.dsn, autocommit=True) as connection:
        calm = 0
        while calm < 3:
            await asyncio.sleep(0.2)
            found = await connection.execute("SELECT EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM notifications "
                                             "WHERE status = 'pending' AND attempts = 0) /* bench */")  # fmt: skip
            calm = 0 if await found.fetchone() == (True,) else calm + 1


def _sent(dsn: str) -> tuple[int, int]:
    """Statements so far, and how many of them only begin or end a transaction."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(_STATEMENTS).fetchone()
    assert row
    return int(row[0]), int(row[1])


def _crowds(instance: Instance) -> list[Figure]:
    rare_sold, rare_s = asyncio.run(_crowd(instance, RARE))
    sold, seconds = asyncio.run(_crowd(instance, CROWD))
    return [
        Figure(f"{CROWD} buyers at once, {RARE} units: sold", rare_sold, "", RARE),
        Figure(f"{CROWD} buyers at once, {RARE} units: too many sold", max(0, rare_sold - RARE), "", 0, at_most=True),
        Figure(f"{CROWD} buyers at once, {RARE} units", rare_s, "s", MOST_SECONDS, at_most=True),
        Figure(f"{CROWD} buyers at once, stock for all: sold", sold, "", CROWD),
        Figure(f"{CROWD} buyers at once, stock for all", seconds, "s"),
    ]


async def _crowd(instance: Instance, stock: int) -> tuple[int, float]:
    """How many of a crowd that comes at once get one of the units, and in how many seconds all know."""
    goods = market.products(instance.dsn, 1, stock=stock)
    people = buyers(instance.dsn, instance.environment, CROWD)
    await _quiet(instance)
    began = time.perf_counter()
    placed = await _bought(instance, people, in_turn(goods, 1), CROWD)
    seconds = time.perf_counter() - began
    await settled(instance.dsn, placed)
    return len(placed), seconds


if __name__ == "__main__":
    main()
