"""One document that the search server does not take."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx2
import pytest
from structlog.testing import capture_logs

from streams.reading import Place
from streams.reducers import Reducers
from streams.search import publisher
from streams.search.index import Index
from streams.views import search_index
from tests.streams.facts import product
from tests.streams.test_outages import until

OWNER = UUID(int=1)
GOOD = [str(UUID(int=number)) for number in range(100, 109)]
BAD = "no id for a document"


def shop() -> Reducers:
    """Nine products, and one whose key the server refuses as a document's id."""
    reducers = Reducers()
    for offset, key in enumerate(GOOD):
        reducers.apply(product(UUID(key), OWNER), Place("catalog", 0, offset, 0))
    reducers.catalog.products.put(BAD, reducers.catalog.products.values[GOOD[0]], 0)
    return reducers


async def test_a_refused_document_is_named_and_the_others_go_in(
    meili: tuple[str, str], env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-SRC-2: the batch is split until the bad one stands alone; nothing is sent again and again."""
    monkeypatch.setattr(publisher, "TICK_S", 0.02)
    name = search_index(env["ATLANTIC_TOPIC_PREFIX"]) + "_refused"
    reducers, loaded = shop(), asyncio.Event()
    loaded.set()
    ask = httpx2.AsyncClient(base_url=meili[0], headers={"Authorization": f"Bearer {meili[1]}"}, trust_env=False)

    async def found() -> bool:
        answer = (await ask.get(f"/indexes/{name}/documents", params={"limit": 100, "fields": "id"})).json()
        return {row["id"] for row in answer.get("results", ())} == set(GOOD)

    async def sent() -> int:
        total: int = (await ask.get("/tasks", params={"indexUids": name})).json()["total"]
        return total

    with capture_logs() as said:
        running = asyncio.create_task(publisher.SearchPublisher(Index(*meili, name), reducers, loaded).run())
        await until(found)
        await until(lambda: told(said))
        reducers.touched.in_stock.add(BAD)
        before = await sent()
        await asyncio.sleep(3)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert await sent() == before
    assert [line["document"] for line in said if line["log_level"] == "error"] == [BAD]
    await ask.aclose()


async def told(said: Sequence[Mapping[str, Any]]) -> bool:
    return any(line.get("document") for line in said)


async def test_a_number_that_is_no_double_stops_nobody(meili: tuple[str, str], env: dict[str, str]) -> None:
    """R-SRC-1: the log keeps facts of earlier days, whose sheets could hold any number; it is found as a text."""
    name = search_index(env["ATLANTIC_TOPIC_PREFIX"]) + "_huge"
    reducers, loaded, huge = Reducers(), asyncio.Event(), 10**400
    for offset, (key, sheet) in enumerate(zip(GOOD, ({"n": huge}, {"n": 2**53 - 1}, {"n": 0.5}), strict=False)):
        reducers.apply(product(UUID(key), OWNER, specifications=sheet), Place("catalog", 0, offset, 0))
    loaded.set()
    ask = httpx2.AsyncClient(base_url=meili[0], headers={"Authorization": f"Bearer {meili[1]}"}, trust_env=False)

    async def found() -> bool:
        rows = (await ask.get(f"/indexes/{name}/documents", params={"fields": "specifications"})).json()
        sheets = [row["specifications"]["n"] for row in rows.get("results", ())]
        return sorted(sheets, key=str) == [0.5, str(huge), 2**53 - 1]

    running = asyncio.create_task(publisher.SearchPublisher(Index(*meili, name), reducers, loaded).run())
    await until(found)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await ask.delete(f"/indexes/{name}")
    await ask.aclose()
