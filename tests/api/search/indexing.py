"""Brings what the core recorded into the search index, as the worker does, and waits until it is complete."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx2
import psycopg

from streams.events import Envelope
from streams.events.codec import decode_line
from streams.events.partitions import PARTITIONS
from streams.progress import Mark
from streams.reading import Place
from streams.reducers import Reducers
from streams.search.index import Index
from streams.search.publisher import SearchPublisher
from streams.search.round import TOPICS
from streams.views import search_cut_index, search_index

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
DEADLINE_S = 60


class Indexing:
    """The index of one test module; `sync` after changes."""

    def __init__(self, pg: str, meili: tuple[str, str], prefix: str) -> None:
        self._pg, self._meili, self._name = pg, meili, search_index(prefix)
        self.complete_to = 100

    def sync(self, *more: Envelope) -> None:
        """Every fact of the outbox, and some more, stand in the index."""
        self.complete_to += 1
        asyncio.run(self._publish(self._reduced(more)))

    def _reduced(self, more: Sequence[Envelope]) -> Reducers:
        reducers = Reducers()
        with psycopg.connect(self._pg) as connection:
            rows = connection.execute("SELECT line FROM outbox WHERE topic = ANY(%s) ORDER BY id", [list(TOPICS)])
            lines = [json.loads(line) | {"tx": 1, "recorded_at": "2026-11-21T08:00:00Z"} for (line,) in rows]
        for offset, envelope in enumerate([*(decode_line(json.dumps(line).encode()) for line in lines), *more]):
            reducers.apply(envelope, Place(envelope.payload.topic, 0, offset, 0))
        for topic in TOPICS:
            for number in range(PARTITIONS):
                mark = Mark(at=1_000_000, complete_to=self.complete_to, marked_at=AT)
                reducers.progress.table.put(f"{topic}|{number}", mark, number)
        return reducers

    async def _publish(self, reducers: Reducers) -> None:
        loaded = asyncio.Event()
        loaded.set()
        running = asyncio.create_task(SearchPublisher(Index(*self._meili, self._name), reducers, loaded).run())
        try:
            async with asyncio.timeout(DEADLINE_S), self._asking() as ask:
                while not await self._told(ask):  # noqa: ASYNC110 - servers tell nobody
                    await asyncio.sleep(0.05)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def _asking(self) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {self._meili[1]}"}
        return httpx2.AsyncClient(base_url=self._meili[0], headers=headers, trust_env=False)

    async def _told(self, ask: httpx2.AsyncClient) -> bool:
        answer = (await ask.get(f"/indexes/{search_cut_index(self._name)}/documents")).json()
        return [row["tx"] for row in answer.get("results", ())] == [self.complete_to]
