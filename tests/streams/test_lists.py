"""The published lists of an idle shop: they age by the clock, and what a former worker left goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from redis.asyncio import Redis

from streams.cached import Cached
from streams.reading import Place
from streams.reducers import Reducers
from streams.views import TRENDING_KEY, popular_key
from tests.streams.facts import START, sale, view
from tests.streams.test_outages import until

POT, OWNER = UUID(int=100), UUID(int=1)
DAY_S = 86_400


class Clock:
    """The time of day, as the test wants it."""

    def __init__(self) -> None:
        self.now = START.timestamp()

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def publishing(redis_url: str, reducers: Reducers, clock: Clock) -> AsyncIterator[None]:
    loaded = asyncio.Event()
    loaded.set()
    running = asyncio.create_task(Cached(redis_url, reducers, loaded, clock).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_last_hours_pass_without_events(redis_url: str) -> None:
    """16.4: trending is of the last 24 hours, popular of the last 30 days, also when nobody comes any more."""
    reducers, clock = Reducers(), Clock()
    reducers.apply(view(POT), Place("tracking", 0, 0, 0))
    reducers.apply(sale(OWNER, POT, 100, 1), Place("ledger", 0, 0, 0))
    async with Redis.from_url(redis_url) as redis, publishing(redis_url, reducers, clock):

        async def listed() -> tuple[int, int]:
            return await redis.exists(TRENDING_KEY), await redis.exists(popular_key())

        async def sees(*wanted: int) -> bool:
            return await listed() == wanted

        await until(lambda: sees(1, 1))
        clock.now += 25 * 3_600
        await until(lambda: sees(0, 1))
        clock.now += 30 * DAY_S
        await until(lambda: sees(0, 0))


async def test_what_a_former_worker_listed_goes(redis_url: str) -> None:
    """A worker that finds nothing popular leaves no list of the one before it."""
    old = (popular_key(), popular_key(OWNER), TRENDING_KEY)
    async with Redis.from_url(redis_url) as redis:
        for key in old:
            await redis.zadd(key, {str(POT): 1})

        async def gone() -> bool:
            return not await redis.exists(*old)

        async with publishing(redis_url, Reducers(), Clock()):
            await until(gone)
