"""Checkout: orders a second beside a plain-ORM version of the same rows and facts, in turns on the same machine."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api import db
from api.orders import service
from api.orders.schemas import Checkout
from bench._figures import Figure
from bench.core import _plain_orm
from stack.settings import TEST_DATABASES
from tests.api import market
from tests.stack_fixture import database_variables, slot, test_stack

ORDERS, LINES, TOGETHER, ROUNDS = 250, 3, 8, 4
TARGET = 2.5

Place = Callable[[AsyncEngine, UUID, Checkout], Awaitable[None]]


def main() -> list[Figure]:
    """Both rates and their ratio, on servers of this run alone."""
    with test_stack() as stack, slot(stack) as number:
        dsn = database_variables(stack, TEST_DATABASES[number])["ATLANTIC_POSTGRES_DSN"]
        ours, plain = asyncio.run(_rates(dsn))
    print(f"checkouts of {LINES} lines, {TOGETHER} at a time: {ours:,.0f}/s; plain ORM {plain:,.0f}/s")
    return [Figure("checkout beside plain ORM", ours / plain, "times", TARGET)]


async def _rates(dsn: str) -> tuple[float, float]:
    pool = db.engine(dsn, size=TOGETHER)
    spent = {_ours: 0.0, _plain_orm.place: 0.0}
    try:
        for place in (_ours, _plain_orm.place):
            await _timed(pool, dsn, place, TOGETHER)
        for _ in range(ROUNDS):
            for place in spent:
                spent[place] += await _timed(pool, dsn, place, ORDERS)
    finally:
        await pool.dispose()
    return ORDERS * ROUNDS / spent[_ours], ORDERS * ROUNDS / spent[_plain_orm.place]


async def _ours(pool: AsyncEngine, user_id: UUID, asked: Checkout) -> None:
    async with db.transaction(pool) as conn:
        await service.place(conn, user_id, asked)


async def _timed(pool: AsyncEngine, dsn: str, place: Place, orders: int) -> float:
    """Seconds that `orders` checkouts take; each shopper buys other products than the neighbours."""
    buyers: list[UUID] = []
    for _ in range(TOGETHER):
        buyers += market.shoppers(dsn, orders // TOGETHER, market.products(dsn, LINES, stock=orders))
    waiting = iter(sorted(buyers, key=lambda user_id: user_id.bytes[::-1]))

    async def till() -> None:
        for user_id in waiting:
            await place(pool, user_id, market.ASKED)

    began = time.perf_counter()
    await asyncio.gather(*(till() for _ in range(TOGETHER)))
    return (time.perf_counter() - began) * orders / len(buyers)
