"""Publishes read models to Redis: stock, version and rating by product, popular lists, sales by day.

Redis may be away or may have lost something: whatever could not be written stays marked, and after an error or a
restart of Redis everything is published anew out of the tables.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from streams import metrics
from streams.analytics.publisher import DaysPublisher
from streams.analytics.state import dashboards
from streams.recommendations.lists import lists
from streams.reducers import Reducers
from streams.views import (
    LISTS_CUT_KEY,
    TRENDING_KEY,
    Published,
    average,
    dashboard_key,
    inventory_key,
    popular_key,
    product_version_key,
    rating_key,
    rating_text,
    to_hash,
)
from streams.windows import DAY_S, HOUR_S

TICK_S = 0.2
DASHBOARDS_EVERY_S = 1.0
DASHBOARDS_KEPT_S = 2 * DAY_S
"""Those of sellers that are not published any more go."""
LISTS_EVERY_S = 3.0
LISTS_SHARE = 20
"""Making the lists takes at most one part in so many of the worker's time."""
BACKOFF_S = 1.0
MOST_KEYS = 2_000

log = structlog.get_logger()


class Cached:
    """The Redis side of the read models."""

    def __init__(
        self, url: str, reducers: Reducers, loaded: asyncio.Event, clock: Callable[[], float] = time.time
    ) -> None:
        self._redis: Redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, decode_responses=True)
        self._reducers = reducers
        self._loaded = loaded
        self._days = DaysPublisher(self._redis, reducers)
        self._clock = clock
        self._run_id = ""
        self._lists: set[str] | None = None
        self._dashboards_due = 0.0
        self._lists_due = 0.0
        self._lists_hour = -1

    async def run(self) -> None:
        """Publish until cancelled."""
        try:
            await self._publish()
        finally:
            await self._redis.aclose()

    async def _publish(self) -> None:
        while True:
            await self._loaded.wait()
            try:
                await self._tick()
                metrics.STORE_UP.labels("redis").set(1)
                await asyncio.sleep(TICK_S)
            except (RedisError, OSError, TimeoutError) as error:
                self._lost(error)
                await asyncio.sleep(BACKOFF_S)

    def _lost(self, error: Exception) -> None:
        log.warning("Redis does not take read models; they follow when it does", error=repr(error))
        metrics.STORE_UP.labels("redis").set(0)
        self._run_id = ""

    async def _tick(self) -> None:
        now = time.monotonic()
        if now >= self._dashboards_due:
            await self._notice_restart()
            await self._publish_dashboards()
            await self._days.publish()
            self._dashboards_due = now + DASHBOARDS_EVERY_S
        await self._publish_products()
        if now >= self._lists_due and (self._reducers.touched.lists or self._hour() != self._lists_hour):
            await self._publish_lists()
            took = time.monotonic() - now
            self._lists_due = now + max(LISTS_EVERY_S, took * LISTS_SHARE)

    async def _notice_restart(self) -> None:
        run_id = (await self._redis.info("server"))["run_id"]
        if run_id != self._run_id:
            self._reducers.touch_cached()
            self._days.lost()
            self._lists = None
            self._run_id = run_id

    async def _publish_products(self) -> None:
        touched = self._reducers.touched
        await self._set(touched.versions, product_version_key, self._version)
        await self._set(touched.stock, inventory_key, self._available)
        await self._set(touched.ratings, rating_key, self._rating)

    def _version(self, key: str) -> int | None:
        product = self._reducers.catalog.products.get(key)
        return product.seq if product else None

    def _available(self, key: str) -> int | None:
        level = self._reducers.stock.table.get(key)
        return level.available if level else None

    def _rating(self, key: str) -> str:
        rated = self._reducers.ratings.of(key)
        return rating_text(average(rated.sum, rated.count), rated.count)

    async def _set(self, waiting: set[str], name: Callable[[str], str], now: Callable[[str], int | str | None]) -> None:
        while waiting:
            some = list(islice(waiting, MOST_KEYS))
            waiting.difference_update(some)
            values = {name(key): value for key in some if (value := now(key)) is not None}
            try:
                if values:
                    await self._redis.mset(values)
            except BaseException:
                waiting.update(some)
                raise
            metrics.PUBLISHED.labels("redis").inc(len(values))

    async def _publish_dashboards(self) -> None:
        cut = self._reducers.progress.cut("ledger")
        pipe = self._redis.pipeline(transaction=True)
        for (scope, currency), dashboard in dashboards(self._reducers.sales, cut, datetime.now(UTC)):
            key = dashboard_key(scope, currency)
            pipe.delete(key)
            pipe.hset(key, mapping=to_hash(dashboard))  # type: ignore[arg-type]
            pipe.expire(key, DASHBOARDS_KEPT_S)
        if cut is not None and self._lists is not None and not self._reducers.touched.lists:
            # Nothing changed them since; after a loss of the lists the key stays away as they do.
            pipe.set(LISTS_CUT_KEY, Published(cut.complete_to, cut.marked_at).text(), xx=True)
        await pipe.execute()

    def _hour(self) -> int:
        """The lists are of the last hours and days: they age without an event."""
        return int(self._clock()) // HOUR_S

    async def _publish_lists(self) -> None:
        self._reducers.touched.lists, hour = False, self._hour()
        try:
            made = lists(self._reducers.products, self._reducers.catalog, self._clock())
            cut = self._reducers.progress.cut("ledger")
            if self._lists is None:
                by_category = [key async for key in self._redis.scan_iter(popular_key("*"))]
                self._lists = {popular_key(), TRENDING_KEY, *by_category}
            pipe = self._redis.pipeline(transaction=True)
            for key in self._lists | made.keys():
                pipe.delete(key)
            for key, ranked in made.items():
                pipe.zadd(key, ranked)
            if cut is not None:
                pipe.set(LISTS_CUT_KEY, Published(cut.complete_to, cut.marked_at).text())
            await pipe.execute()
            self._lists, self._lists_hour = set(made), hour
        except BaseException:
            self._reducers.touched.lists = True
            raise
        metrics.PUBLISHED.labels("redis").inc(len(made))
