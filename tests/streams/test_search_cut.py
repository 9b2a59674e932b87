"""Up to where the search index is complete, as it says itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest

from streams.events.partitions import PARTITIONS
from streams.progress import Mark
from streams.reading import Place
from streams.reducers import Reducers
from streams.search import publisher, round
from streams.search.index import Index
from streams.views import search_cut_index, search_index
from tests.streams.facts import product, seller
from tests.streams.test_outages import until

SELLER, NOW = UUID(int=7), datetime(2026, 11, 21, 8, tzinfo=UTC)


def marked(reducers: Reducers, complete_to: int) -> None:
    """Every topic's marks up to a transaction."""
    for topic in round.TOPICS:
        for number in range(PARTITIONS):
            mark = Mark(at=complete_to, complete_to=complete_to, marked_at=NOW)
            reducers.progress.table.put(f"{topic}|{number}", mark, number)


@pytest.fixture
async def ask(meili: tuple[str, str]) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(
        base_url=meili[0], headers={"Authorization": f"Bearer {meili[1]}"}, trust_env=False
    ) as client:
        yield client


async def test_the_index_says_up_to_where_it_is_complete(
    meili: tuple[str, str], env: dict[str, str], ask: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-API-15: a cut is told once every document that had changed at it stands in the index, and not before."""
    monkeypatch.setattr(publisher, "TICK_S", 0.02)
    monkeypatch.setattr(publisher, "LOOK_EVERY_S", 0.2)
    monkeypatch.setattr(round, "EVERY_S", 0.1)
    name = search_index(env["ATLANTIC_TOPIC_PREFIX"]) + "_cut_test"
    index, reducers, loaded = Index(*meili, name), Reducers(), asyncio.Event()
    for offset, event in enumerate((seller(SELLER), *(product(UUID(int=100 + each), SELLER) for each in range(5)))):
        reducers.apply(event, Place(event.payload.topic, 0, offset, 0))
    loaded.set()

    async def said() -> list[int]:
        answer = (await ask.get(f"/indexes/{search_cut_index(name)}/documents")).json()
        return [row["tx"] for row in answer.get("results", ())]

    async def documents() -> int | None:
        count: int | None = (await ask.get(f"/indexes/{name}/stats")).json().get("numberOfDocuments")
        return count

    async def becomes(tx: int) -> int | None:
        async def told() -> bool:
            return await said() == [tx]

        await until(told)
        return await documents()

    async def gone() -> bool:
        return await documents() is None

    async def there_again() -> bool:
        complete = await said()
        there = await documents()
        assert there in (None, 6) or not complete
        return bool(complete) and there == 6

    running = asyncio.create_task(publisher.SearchPublisher(index, reducers, loaded).run())
    try:
        await asyncio.sleep(1)
        assert await said() == []
        marked(reducers, 40)
        assert await becomes(40) == 5
        later = product(UUID(int=500), SELLER)
        reducers.apply(later, Place("catalog", 0, 99, 0))
        marked(reducers, 41)
        assert await becomes(41) == 6
        await ask.delete(f"/indexes/{name}")
        await until(gone)
        await until(there_again)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
