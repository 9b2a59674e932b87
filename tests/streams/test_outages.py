"""Stores of read models that are away for a while: nothing that was to be published is lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

from redis.asyncio import Redis

from streams.cached import Cached
from streams.reading import Place
from streams.reducers import Reducers
from streams.search.index import Index
from streams.search.publisher import SearchPublisher
from streams.views import inventory_key, search_index
from tests import ports
from tests.streams.facts import moved, product

ITEM, OWNER = UUID(int=100), UUID(int=1)
DEADLINE_S = 40.0


@contextlib.asynccontextmanager
async def forwarded(port: int, address: str) -> AsyncIterator[None]:
    """While the block runs, `port` leads to the server at an address; before and after, nobody answers there."""
    target = urlsplit(address)
    open_now: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(cast("asyncio.Task[None]", asyncio.current_task()))
        sides, pumps = [writer], []
        try:
            far_reader, far_writer = await asyncio.open_connection(target.hostname, target.port)
            sides.append(far_writer)
            pumps = [asyncio.create_task(pump(reader, far_writer)), asyncio.create_task(pump(far_reader, writer))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in pumps:
                task.cancel()
            for side in sides:
                side.close()
            await asyncio.gather(*pumps, *(side.wait_closed() for side in sides), return_exceptions=True)

    server = await asyncio.start_server(connect, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        await asyncio.sleep(0)  # who was let in a moment ago is among them then
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(DEADLINE_S):
        while not await look():  # noqa: ASYNC110 - servers tell nobody
            await asyncio.sleep(0.05)


def shop() -> tuple[Reducers, asyncio.Event]:
    """Tables with one product of seven units, and the sign that they are restored."""
    reducers, loaded = Reducers(), asyncio.Event()
    reducers.apply(product(ITEM, OWNER), Place("catalog", 0, 0, 0))
    reducers.apply(moved(ITEM, 1, 7), Place("inventory", 0, 0, 0))
    loaded.set()
    return reducers, loaded


async def test_redis_gets_everything_when_it_returns(redis_url: str) -> None:
    """The tables go on; the marks of what is unpublished stay, and then all of it follows."""
    port = ports.free(1)
    away = redis_url.replace(f":{urlsplit(redis_url).port}/", f":{port}/")
    reducers, loaded = shop()
    running = asyncio.create_task(Cached(away, reducers, loaded).run())
    await asyncio.sleep(0.3)
    assert reducers.touched.stock
    async with forwarded(port, redis_url), Redis.from_url(redis_url) as redis:

        async def arrived() -> bool:
            return bool(await redis.get(inventory_key(ITEM)) == b"7")

        await until(arrived)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_meilisearch_gets_everything_when_it_returns(meili: tuple[str, str], env: dict[str, str]) -> None:
    """R-SRC-2 after an outage: the settings, and the documents."""
    port = ports.free(1)
    name = search_index(env["ATLANTIC_TOPIC_PREFIX"]) + "_outage"
    reducers, loaded = shop()
    publisher = SearchPublisher(Index(f"http://127.0.0.1:{port}", meili[1], name), reducers, loaded)
    running = asyncio.create_task(publisher.run())
    await asyncio.sleep(0.3)
    index = Index(*meili, name)
    assert not await asyncio.to_thread(index.exists)
    async with forwarded(port, meili[0]):

        async def arrived() -> bool:
            return not reducers.touched.documents and await asyncio.to_thread(index.exists)

        await until(arrived)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
