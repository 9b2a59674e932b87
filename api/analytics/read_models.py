"""The sales of each day as the stream side publishes them to Redis: one round trip, bounded in time."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from uuid import UUID

from api.analytics.periods import start_of
from api.analytics.schemas import Interval
from api.cache import TIMEOUT_S, Cache
from api.errors import ReadModelUnavailable
from streams.views import ALL, DAYS_CUT_KEY, DaySales, Published, Sales, day_key

RETRY_S = 2


class Days(NamedTuple):
    """Days and up to where they are complete; a day on which nothing was is there with zeroes."""

    by_day: dict[date, DaySales]
    complete_up_to: Published

    def total(self, days: Sequence[date]) -> Sales:
        """Some of the days added up."""
        return Sales.total(self.by_day[day].day for day in days)

    def by_hour(self) -> dict[datetime, Sales]:
        """Every hour in which something was."""
        return {
            datetime.combine(day, time(hour), UTC): sales
            for day, found in self.by_day.items()
            for hour, sales in found.hours.items()
        }

    def at_midnight(self) -> dict[datetime, Sales]:
        """Every day, by the moment it begins."""
        return {datetime.combine(day, time.min, UTC): found.day for day, found in self.by_day.items()}


async def days(cache: Cache, seller_id: UUID | None, currency: str, wanted: Sequence[date]) -> Days:
    """The sales of some days; ReadModelUnavailable while they, or Redis, are away."""
    if not cache.available:
        raise _away()
    pipe = cache.redis.pipeline(transaction=True)
    pipe.get(DAYS_CUT_KEY)
    pipe.mget([day_key(seller_id or ALL, currency, day) for day in wanted])
    answer = await cache.attempt(asyncio.wait_for(pipe.execute(), TIMEOUT_S))
    if answer is None or answer[0] is None:
        raise _away()
    cut, texts = answer
    found = {day: DaySales.read(text) for day, text in zip(wanted, texts, strict=True)}
    return Days(found, Published.read(cut.decode()))


def _away() -> ReadModelUnavailable:
    return ReadModelUnavailable(retry_after=RETRY_S, source="redis")


def gathered(some: dict[datetime, Sales], starts: Sequence[datetime], interval: Interval) -> dict[datetime, Sales]:
    """Sales of longer stretches out of shorter ones, by when they begin; zeroes where nothing was."""
    parts: dict[datetime, list[Sales]] = {start: [] for start in starts}
    for moment, sales in some.items():
        parts[start_of(moment, interval)].append(sales)
    return {start: Sales.total(those) for start, those in parts.items()}
