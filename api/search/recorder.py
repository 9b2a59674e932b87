"""Tells the click topic of every search, after its answer and without holding it up (R-SRC-8, R-API-16)."""

import asyncio

import structlog
from prometheus_client import Counter

from api.collector import Collector
from api.errors import Unavailable
from api.tracking.service import Line

UNRECORDED = Counter("searches_unrecorded_total", "Searches that neither the log nor the spool took")

log = structlog.get_logger()


class Recorder:
    """Hands clicks to the collector and waits for them on the side; `close` before the collector stops."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._under_way: set[asyncio.Task[None]] = set()

    def record(self, line: Line) -> None:
        """Have it recorded soon."""
        task = asyncio.create_task(self._submit(line))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _submit(self, line: Line) -> None:
        try:
            await self._collector.submit([line])
        except Unavailable:
            UNRECORDED.inc()
            log.warning("a search was not recorded: too many clicks wait")

    async def close(self) -> None:
        """Wait for those under way."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
