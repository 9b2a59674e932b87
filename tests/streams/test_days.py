"""The sales of each day that the core answers with: out of the tables, into Redis, back after a loss."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from streams.analytics.days import every_day, sales_of
from streams.analytics.publisher import DaysPublisher
from streams.analytics.state import dashboards
from streams.events import Envelope
from streams.events.ledger import JournalPosted
from streams.events.partitions import PARTITIONS
from streams.reading import Place
from streams.reducers import Reducers
from streams.views import ALL, DAYS_CUT_KEY, HOURS_KEPT, DaySales, Published, Sales, day_key
from streams.windows import DAY_S, start_of
from tests.streams.facts import START, entry, mark, refund, sale

OWNER, OTHER = UUID(int=1), UUID(int=2)
POT, CUP = UUID(int=100), UUID(int=200)
TODAY = start_of(START, DAY_S)


def reduced(*events: Envelope) -> Reducers:
    """The tables after some events."""
    reducers = Reducers()
    for offset, event in enumerate(events):
        reducers.apply(event, Place(event.payload.topic, offset % PARTITIONS, offset, 0))
    return reducers


def of_both() -> Envelope:
    """One order of two sellers."""
    parts = [sale(OWNER, POT, 1_000, 2).payload, sale(OTHER, CUP, 70, 1).payload]
    lines = tuple(line for part in parts if isinstance(part, JournalPosted) for line in part.lines)
    return entry("sale", lines, "GBP", START)


def test_a_day_has_its_sums_and_its_hours() -> None:
    """R-ANA-7, R-ANA-8: UTC days of one currency; refunds are netted where they happen."""
    reducers = reduced(
        sale(OWNER, POT, 1_000, 2), refund(OWNER, POT, 200, 1, at=START + timedelta(hours=1)),
        sale(OWNER, POT, 9, 1, at=START - timedelta(days=1)), sale(OWNER, POT, 5, 1, currency="IDR"),
    )  # fmt: skip
    found = sales_of(reducers.sales, (str(OWNER), "GBP", TODAY), START)
    assert (found.day.gross_minor, found.day.refund_minor, found.day.net_minor, found.day.units) == (1_000, 200, 800, 2)
    assert {hour: sums.net_minor for hour, sums in found.hours.items()} == {8: 1_000, 9: -200}
    assert Sales.total(found.hours.values()) == found.day
    assert DaySales.read(found.text()) == found
    assert DaySales.read(None).day == Sales()
    later = START + timedelta(days=HOURS_KEPT + 1)
    assert sales_of(reducers.sales, (str(OWNER), "GBP", TODAY), later) == DaySales(day=found.day)


def test_an_order_of_two_sellers_is_one_order_of_all() -> None:
    """R-ANA-3: what is not additive is not summed."""
    reducers = reduced(of_both(), sale(OTHER, CUP, 70, 1))
    orders = {
        scope: sales_of(reducers.sales, (str(scope), "GBP", TODAY), START).day.orders for scope in (OWNER, OTHER, ALL)
    }
    assert orders == {OWNER: 1, OTHER: 2, ALL: 2}
    assert sales_of(reducers.sales, (ALL, "GBP", TODAY), START).day.gross_minor == 1_140
    shown = {scope: found.orders for (scope, _), found in dashboards(reducers.sales, None, START)}
    assert shown == {str(OWNER): 1, str(OTHER): 2, ALL: 2}


def test_an_entry_marks_its_own_day() -> None:
    """R-ANA-4: a late one revises its own window and no other."""
    reducers = reduced(sale(OWNER, POT, 1_000, 2))
    assert reducers.touched.days == {(str(OWNER), "GBP", TODAY), (ALL, "GBP", TODAY)} == every_day(reducers.sales)
    reducers.touched.days.clear()
    reducers.apply(sale(OWNER, POT, 9, 1, at=START - timedelta(days=3)), Place("ledger", 0, 99, 0))
    assert {day for _, _, day in reducers.touched.days} == {TODAY - 3 * DAY_S}


def test_a_day_is_final_once_the_marks_have_passed_it() -> None:
    """R-ANA-4."""
    end = START + timedelta(hours=1)
    assert not Published(1, end).is_final(end)
    assert Published(1, end + timedelta(seconds=60)).is_final(end)


def marks(reducers: Reducers, complete_to: int, offset: int) -> None:
    """Marks on every partition of the ledger."""
    for partition in range(PARTITIONS):
        reducers.apply(mark(complete_to, START), Place("ledger", partition, offset, 0))


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    """This module's Redis, empty."""
    async with Redis.from_url(redis_url) as client:
        await client.flushdb()
        yield client


async def of_day(redis: Any, scope: UUID | str) -> int:
    """What the day's net is in Redis."""
    return DaySales.read(await redis.get(day_key(scope, "GBP", "2026-11-21"))).day.net_minor


async def test_the_cut_comes_with_the_days(redis: Any) -> None:
    """R-API-15: it never promises what is not there; without marks nothing is promised."""
    reducers = reduced(sale(OWNER, POT, 1_000, 2))
    publisher = DaysPublisher(redis, reducers)
    await publisher.publish()
    assert (await of_day(redis, OWNER), await of_day(redis, ALL)) == (1_000, 1_000)
    assert await redis.get(DAYS_CUT_KEY) is None
    marks(reducers, 7, 10)
    await publisher.publish()
    assert Published.read((await redis.get(DAYS_CUT_KEY)).decode()) == Published(7, START)
    reducers.apply(sale(OTHER, CUP, 50, 1), Place("ledger", 0, 20, 0))
    await publisher.publish()
    assert (await of_day(redis, OTHER), await of_day(redis, ALL)) == (50, 1_050)


async def test_what_redis_lost_is_published_anew_before_its_cut(redis: Any) -> None:
    """Without a restart that could be noticed, too: no zeroes stand for sales."""
    reducers = reduced(sale(OWNER, POT, 1_000, 2))
    marks(reducers, 7, 10)
    publisher = DaysPublisher(redis, reducers)
    await publisher.publish()
    await redis.flushdb()
    await publisher.publish()
    assert await redis.get(DAYS_CUT_KEY) is None
    await publisher.publish()
    assert await of_day(redis, OWNER) == 1_000
    assert await redis.get(DAYS_CUT_KEY)


async def test_what_could_not_be_written_waits() -> None:
    """Redis is away: nothing is forgotten."""
    reducers = reduced(sale(OWNER, POT, 1_000, 2))
    waiting = set(reducers.touched.days)
    async with Redis.from_url("redis://127.0.0.1:9/0") as nowhere:
        with pytest.raises(RedisError):
            await DaysPublisher(nowhere, reducers).publish()
    assert reducers.touched.days == waiting
