"""Waits until what was booked has gone all the way: out of the outbox into Kafka, and out of Kafka into the marts."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from clickhouse_connect.driver.exceptions import ClickHouseError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from clickhouse import client
from clickhouse.settings import ClickHouseSettings
from streams.events.registry import CLICK_TOPIC

POLL_SECONDS = 0.5
STILL_SECONDS = 90.0
_WAITING = text("SELECT count(*) FROM outbox WHERE tx < :tx")
_COMPLETE = "SELECT complete_to FROM progress_cut WHERE partitions > 0"
# A message that cannot be read never lands: it ends as a dead letter.
_CLICKS = (
    "SELECT count() > 0 FROM ("
    "SELECT 1 FROM landing_clicks WHERE partition = {partition:UInt16} AND offset >= {offset:Int64} UNION ALL "
    "SELECT 1 FROM dead_letters "
    "WHERE endsWith(topic, {topic:String}) AND partition = {partition:UInt16} AND offset >= {offset:Int64})"
)

Look = Callable[[], Awaitable[int | None]]


class StuckError(Exception):
    """Nothing has moved for a while; the message names the process to look at."""


async def until_published(pool: AsyncEngine, tx: int) -> None:
    """Return once no fact of a transaction below `tx` waits in the outbox; StuckError when the relay does not move."""

    async def look() -> int | None:
        async with pool.connect() as connection:
            return int((await connection.execute(_WAITING, {"tx": tx})).scalar_one())

    await _until(look, lambda waiting: waiting == 0, "facts wait in the outbox and the relay takes none of them")


async def until_landed(settings: ClickHouseSettings, tx: int) -> None:
    """Return once the marts are complete up to `tx`; StuckError when the sink does not move."""

    async def look() -> int | None:
        rows = await asyncio.to_thread(_query, settings, _COMPLETE, {})
        return rows[0] if rows else 0

    await _until(look, lambda complete: complete >= tx, "the sink does not land what stands in Kafka")


async def until_clicked(settings: ClickHouseSettings, offsets: dict[int, int]) -> None:
    """Return once clicks are landed up to the next offsets of their partitions; StuckError when the sink stands."""

    ends = {partition: end for partition, end in offsets.items() if end}

    async def look() -> int | None:
        last = [{"topic": CLICK_TOPIC, "partition": partition, "offset": end - 1} for partition, end in ends.items()]
        return sum([(await asyncio.to_thread(_query, settings, _CLICKS, place))[0] for place in last])

    await _until(look, lambda landed: landed == len(ends), "the sink does not land clicks that stand in Kafka")


async def _until(look: Look, done: Callable[[int], bool], stuck: str) -> None:
    """Look until done; an outage of what is asked counts as no movement."""
    last, since = None, time.monotonic()
    while True:
        try:
            seen = await look()
        except (DBAPIError, ClickHouseError, OSError):
            seen = None
        if seen is not None and done(seen):
            return
        if seen != last:
            last, since = seen, time.monotonic()
        if time.monotonic() - since > STILL_SECONDS:
            raise StuckError(f"{stuck} (nothing moved for {STILL_SECONDS:.0f} s): see `atlantic status`")
        await asyncio.sleep(POLL_SECONDS)


def _query(settings: ClickHouseSettings, query: str, parameters: dict[str, object]) -> list[int]:
    with client.operator_pages(settings) as connection:
        return [int(row[0]) for row in connection.query(query, parameters=parameters).result_rows]
