"""Keeps the sales of each day in Redis, and up to where they are complete.

The cut is written with the last days that waited, in one transaction, so it never promises more than stands there.
Where it is gone Redis has lost something: every day is published anew, and it comes back last.
"""

from datetime import UTC, datetime
from itertools import islice

from redis.asyncio import Redis

from streams.analytics.days import sales_of
from streams.reducers import Reducers
from streams.views import DAYS_CUT_KEY, DAYS_KEPT, Published, day_key
from streams.windows import DAY_S, label

MOST_DAYS = 1_000
MOST_BATCHES = 5
KEPT_S = (DAYS_KEPT + 1) * DAY_S


class DaysPublisher:
    """The days of sales in Redis."""

    def __init__(self, redis: Redis, reducers: Reducers) -> None:
        self._redis = redis
        self._reducers = reducers
        self._whole = False

    def lost(self) -> None:
        """Redis may hold nothing any more; all days were marked."""
        self._whole = False

    async def publish(self) -> None:
        """Write what waits, or as much of it as leaves time for the other read models."""
        for _ in range(MOST_BATCHES):
            waiting = self._reducers.touched.days
            some = list(islice(waiting, MOST_DAYS))
            waiting.difference_update(some)
            is_last = not waiting
            try:
                await self._write(some, is_last=is_last)
            except BaseException:
                self._reducers.touched.days.update(some)
                raise
            if is_last:
                return

    async def _write(self, some: list[tuple[str, str, int]], *, is_last: bool) -> None:
        cut, now = self._reducers.progress.cut("ledger"), datetime.now(UTC)
        pipe = self._redis.pipeline(transaction=True)
        for scope, currency, start in some:
            key = day_key(scope, currency, label(start, DAY_S))
            pipe.set(key, sales_of(self._reducers.sales, (scope, currency, start), now).text(), ex=KEPT_S)
        if is_last and cut is not None:
            pipe.set(DAYS_CUT_KEY, Published(cut.complete_to, cut.marked_at).text(), xx=self._whole)
        answers = await pipe.execute()
        if is_last and cut is not None:
            self._is_whole(taken=bool(answers[-1]))

    def _is_whole(self, *, taken: bool) -> None:
        if not taken:
            self._reducers.touch_days()
        self._whole = taken
