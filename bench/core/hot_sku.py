"""A hot product: checkouts of 32 buyers at one product's stock beside the same buyers at products of their own."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api import db
from api.orders import service
from bench._figures import Figure
from stack.settings import TEST_DATABASES
from tests.api import market
from tests.stack_fixture import database_variables, slot, test_stack

TOGETHER, EACH, ROUNDS = 32, 10, 5
BUCKETS = 16
LEAST = 0.8


def main() -> list[Figure]:
    """The ratio of both rates, rounds in turn; medians. The hot product's stock stands in 16 rows."""
    with test_stack() as stack, slot(stack) as number:
        dsn = database_variables(stack, TEST_DATABASES[number])["ATLANTIC_POSTGRES_DSN"]
        rounds = asyncio.run(_rounds(dsn))
    hot, cool = (median(rates) for rates in zip(*rounds, strict=True))
    return [
        Figure(f"{TOGETHER} buyers at one product", hot, "/s"),
        Figure(f"{TOGETHER} buyers at {TOGETHER} products", cool, "/s"),
        Figure("hot product beside uncontended", median(one / two for one, two in rounds), "times", LEAST),
    ]


async def _rounds(dsn: str) -> list[tuple[float, float]]:
    pool = db.engine(dsn, size=TOGETHER)
    try:
        found = [(await _rate(pool, dsn, 1), await _rate(pool, dsn, TOGETHER)) for _ in range(ROUNDS + 1)]
    finally:
        await pool.dispose()
    return found[1:]


async def _rate(pool: AsyncEngine, dsn: str, products: int) -> float:
    """Checkouts a second of one unit each."""
    goods = market.products(dsn, products, stock=TOGETHER * EACH, buckets=BUCKETS if products == 1 else 1)
    queues = [market.shoppers(dsn, EACH, [goods[till % products]]) for till in range(TOGETHER)]

    async def till(people: Sequence[UUID]) -> None:
        for user_id in people:
            async with db.transaction(pool) as conn:
                await service.place(conn, user_id, market.ASKED)

    began = time.perf_counter()
    await asyncio.gather(*map(till, queues))
    return TOGETHER * EACH / (time.perf_counter() - began)
