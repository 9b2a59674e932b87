"""Keeps the search index: whole documents of what changed, single fields of what only sold, ran out or was rated.

One batch is under way at a time, so the server's queue stays short and a batch that it refuses is noticed. Such a
batch is split until the document that it refuses stands alone; that one waits for its next change.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice

import structlog
from meilisearch.errors import MeilisearchError

from streams import metrics
from streams.reducers import Reducers
from streams.search.documents import Document, Numbers, document, live
from streams.search.index import Index, RefusedError, TaskFailedError
from streams.search.round import Round

TICK_S = 0.3
UNITS_EVERY_S = 10.0
UNITS_EVERY_BEHIND_S = 60.0
BEHIND_S = 15.0
"""Units sold only rank: while the worker catches up with a backlog they may wait."""
LOOK_EVERY_S = 30.0
"""How often an idle publisher looks whether the server still has its index."""
BACKOFF_S = 2.0
BATCH = 1_000

log = structlog.get_logger()


class SearchPublisher:
    """The Meilisearch side of the read models."""

    def __init__(self, index: Index, reducers: Reducers, loaded: asyncio.Event) -> None:
        self._index = index
        self._reducers = reducers
        self._loaded = loaded
        self._prepared = False
        self._task: int | None = None
        self._sent: list[str] = []
        self._parts: list[set[str]] = []
        self._refused: set[str] = set()
        self._units_due = 0.0
        self._look_due = 0.0
        self._round = Round(reducers)

    async def run(self) -> None:
        """Publish for ever."""
        while True:
            await self._loaded.wait()
            try:
                await self._tick()
                metrics.STORE_UP.labels("meilisearch").set(1)
                await asyncio.sleep(TICK_S)
            except RefusedError as error:
                self._split(error)
            except TaskFailedError as error:
                log.error("Meilisearch did not finish a task; all documents are sent again", error=str(error))
                await self._start_over()
            except (MeilisearchError, OSError) as error:
                log.warning("Meilisearch does not answer; documents follow when it does", error=repr(error)[:300])
                await self._start_over()

    async def _start_over(self) -> None:
        metrics.STORE_UP.labels("meilisearch").set(0)
        self._prepared, self._task, self._parts = False, None, []
        await asyncio.sleep(BACKOFF_S)

    def _split(self, error: RefusedError) -> None:
        """The halves of the refused batch are sent one after the other; nothing is left to split of a single one."""
        self._task, some = None, self._sent
        if len(some) > 1:
            middle = len(some) // 2
            self._parts += [set(some[:middle]), set(some[middle:])]
        else:
            self._refused.update(some)
            self._round.arrived(some)
            log.error(
                "Meilisearch refuses a document; it waits for its next change", document=some[0], error=str(error)
            )

    async def _tick(self) -> None:
        if not self._prepared:
            await asyncio.to_thread(self._index.prepare)
            self._reducers.touch_documents()
            self._round.give_up()
            self._prepared, self._look_due = True, time.monotonic() + LOOK_EVERY_S
        if self._task is not None and not await asyncio.to_thread(self._index.is_done, self._task):
            return
        if self._task is not None:
            self._round.arrived(self._sent)
        self._task = await self._tell() or await self._next()
        if self._task is None and time.monotonic() >= self._look_due:
            self._prepared = await asyncio.to_thread(self._index.exists)
            self._look_due = time.monotonic() + LOOK_EVERY_S

    async def _tell(self) -> int | None:
        """Say how far the index has come, when a round is over and it is time."""
        cut = self._round.over(self._parts)
        if cut is None:
            return None
        self._sent = []
        return await asyncio.to_thread(self._index.complete, cut)

    async def _next(self) -> int | None:
        touched = self._reducers.touched
        if self._parts:
            return await self._send(self._parts.pop(), self._documents)
        if touched.documents:
            touched.in_stock -= touched.documents
            touched.rated -= touched.documents
            touched.units -= touched.documents
            return await self._send(touched.documents, self._documents)
        if soon := touched.in_stock or touched.rated:
            return await self._send(soon, self._fields)
        if touched.units and time.monotonic() >= self._units_due:
            sent = await self._send(touched.units, self._fields)
            self._units_due = 0.0 if touched.units else time.monotonic() + self._units_pause()
            return sent
        return None

    def _units_pause(self) -> float:
        cut = self._reducers.progress.cut("ledger")
        behind = cut is None or (datetime.now(UTC) - cut.marked_at).total_seconds() > BEHIND_S
        return UNITS_EVERY_BEHIND_S if behind else UNITS_EVERY_S

    async def _send(self, waiting: set[str], call: Callable[[list[str]], Callable[[], int | None]]) -> int | None:
        some = self._sent = list(islice(waiting, BATCH))
        waiting.difference_update(some)
        try:
            task = await asyncio.to_thread(call(some))
        except RefusedError:
            raise
        except BaseException:
            waiting.update(some)
            raise
        if task is None:
            self._round.arrived(some)
        metrics.PUBLISHED.labels("meilisearch").inc(len(some))
        return task

    def _documents(self, keys: list[str]) -> Callable[[], int | None]:
        self._refused.difference_update(keys)
        found = {key: self._document(key) for key in keys}
        whole = [made for made in found.values() if made is not None]
        gone = [key for key, made in found.items() if made is None]

        def send() -> int | None:
            removed = self._index.remove(gone) if gone else None
            return self._index.replace(whole) if whole else removed

        return send

    def _document(self, key: str) -> Document | None:
        catalog = self._reducers.catalog
        product = catalog.products.get(key)
        if product is None or not catalog.is_found(product):
            return None
        return document(key, product, catalog, self._numbers(key))

    def _fields(self, keys: list[str]) -> Callable[[], int | None]:
        known = [key for key in keys if key not in self._refused and self._document(key) is not None]
        fields = [live(key, self._numbers(key)) for key in known]
        return lambda: self._index.update(fields) if fields else None

    def _numbers(self, key: str) -> Numbers:
        tables = self._reducers
        return Numbers(tables.stock.table.get(key), tables.ratings.of(key), tables.products.units_sold(key))
