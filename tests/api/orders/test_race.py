"""Checkout under a rush: what is there is sold, once, and everybody else hears no at once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from api import db
from api.carts import service as carts
from api.errors import InsufficientStock
from api.orders import service
from api.problems import Problem
from api.unit import TryAgain
from tests.api import market
from tests.locks import until_somebody_waits

BUYERS, UNITS = 1000, 10


async def buy(pool: AsyncEngine, user_id: UUID) -> str:
    """One checkout as its route runs it: at once, else in a transaction that is begun anew after TryAgain.

    A refusal is told of by a statement of its own. Who waited too long for the goods' row tries again.
    """
    try:
        if not await at_once(pool, user_id):
            async with db.transaction(pool) as conn:
                await service.place(conn, user_id, market.ASKED)
    except TryAgain:
        return await buy(pool, user_id)
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        return await buy(pool, user_id)
    except Problem as problem:
        if problem.noting:
            async with db.statement(pool) as conn:
                await problem.noting(conn, None)
        return problem.slug
    return "sold"


async def at_once(pool: AsyncEngine, user_id: UUID) -> bool:
    """Whether two statements were enough."""
    try:
        async with db.statement(pool) as conn:
            return await service.hold_and_write(conn, await service.look(conn, user_id, market.ASKED), None)
    except TryAgain:
        return False


async def rush(dsn: str, buyers: list[UUID]) -> Counter[str]:
    pool, gate = db.engine(dsn, size=12), asyncio.Semaphore(24)

    async def one(user_id: UUID) -> str:
        async with gate:
            return await buy(pool, user_id)

    try:
        return Counter(await asyncio.gather(*map(one, buyers)))
    finally:
        await pool.dispose()


@pytest.fixture
def query(pg: str) -> Iterator[Any]:
    with psycopg.connect(pg, autocommit=True) as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchone()


@pytest.mark.parametrize("buckets", [1, 5])
async def test_a_thousand_buyers_of_ten_units(pg: str, query: Any, buckets: int) -> None:
    """R-INV-2: 10 orders, 990 clean 409 insufficient-stock, 0 orphans; also when the units lie in five buckets."""
    product = market.products(pg, 1, stock=UNITS // buckets, buckets=buckets)
    outcome = await rush(pg, market.shoppers(pg, BUYERS, product))
    assert outcome == {"sold": UNITS, "insufficient-stock": BUYERS - UNITS}
    assert query("SELECT sum(on_hand), sum(reserved) FROM inventory WHERE product_id = %s", *product) == (UNITS, UNITS)
    assert query("SELECT count(*) FROM order_items WHERE product_id = %s", *product) == (UNITS,)
    held = "SELECT sum(quantity) FROM reservation_items i JOIN reservations r ON r.id = i.reservation_id " \
           "JOIN orders o ON o.id = r.order_id WHERE r.status = 'held' AND product_id = %s"  # fmt: skip
    assert query(held, *product) == (UNITS,)
    told = "SELECT count(*) FROM outbox WHERE convert_from(line, 'UTF8') LIKE '%%checkout.rejected%%'"
    assert query(told)[0] >= BUYERS - UNITS


async def test_carts_of_the_same_products_in_any_order_do_not_deadlock(pg: str, query: Any) -> None:
    """R-INV-1: stock rows are locked in one order, whatever the order of the cart's lines."""
    products = market.products(pg, 6, stock=1000)
    buyers = [*market.shoppers(pg, 40, products), *market.shoppers(pg, 40, products[::-1])]
    assert await rush(pg, buyers) == {"sold": 80}
    assert query("SELECT sum(reserved) FROM inventory WHERE product_id = ANY(%s)", products) == (80 * 6,)


async def test_a_line_that_goes_while_checkout_waits_is_not_sold(pg: str, query: Any) -> None:
    """R-ORD-4: the order holds the lines of the cart as it was locked, not as it was when the lock was asked for."""
    kept, gone = market.products(pg, 2, stock=5)
    (buyer,) = market.shoppers(pg, 1, [kept, gone])
    pool = db.engine(pg, size=2)
    async with db.transaction(pool) as conn:
        await carts.lower(conn, buyer, gone, None)
        checkout = asyncio.create_task(buy(pool, buyer))
        await asyncio.to_thread(until_somebody_waits, pg)
    assert await checkout == "sold"
    await pool.dispose()
    ordered = (
        "SELECT array_agg(i.product_id) FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.user_id = %s"
    )
    assert query(ordered, buyer) == ([kept],)


async def test_checkout_takes_three_round_trips(pg: str) -> None:
    """8.5: cart, hold and order; BEGIN and COMMIT apart."""
    products = market.products(pg, 3, stock=5)
    (buyer,) = market.shoppers(pg, 1, products)
    pool, statements = db.engine(pg, size=1), []
    event.listen(pool.sync_engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    async with db.transaction(pool) as conn:
        await service.place(conn, buyer, market.ASKED)
    await pool.dispose()
    assert len(statements) == 3, statements


async def test_checkout_at_once_takes_two(pg: str, query: Any) -> None:
    """8.5: a look, and all the rest, whose facts say what the stock rows are after it (R-INV-8)."""
    products = market.products(pg, 3, stock=5)
    (buyer,) = market.shoppers(pg, 1, products)
    pool, statements = db.engine(pg, size=1), []
    event.listen(pool.sync_engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    assert await at_once(pool, buyer)
    await pool.dispose()
    assert len(statements) == 2, statements
    told = (
        "SELECT count(*) FROM inventory i JOIN stock_movements m ON m.inventory_id = i.id AND m.version = i.version "
        "JOIN (SELECT convert_from(line, 'UTF8')::jsonb AS line FROM outbox WHERE topic = 'inventory') f "
        "ON f.line ->> 'aggregate_id' = i.id::text AND (f.line ->> 'aggregate_seq')::int = i.version "
        "AND (f.line -> 'payload' ->> 'on_hand_after')::int = i.on_hand "
        "AND (f.line -> 'payload' ->> 'reserved_after')::int = i.reserved AND m.reserved_after = i.reserved "
        "WHERE i.product_id = ANY(%s) AND (i.on_hand, i.reserved) = (5, 1)"
    )
    assert query(told, products) == (3,)


async def test_who_is_too_late_waits_for_no_lock(pg: str, query: Any) -> None:
    """R-INV-2: the look says so, although somebody holds the goods' row."""
    products = market.products(pg, 1, stock=0)
    (buyer,) = market.shoppers(pg, 1, products)
    pool = db.engine(pg, size=2)
    async with db.transaction(pool) as other:
        await other.execute(text("SELECT FROM inventory WHERE product_id = :id FOR UPDATE"), {"id": products[0]})
        with pytest.raises(InsufficientStock) as refused:
            await asyncio.wait_for(at_once(pool, buyer), 5)
    await pool.dispose()
    assert [(one.requested, one.available) for one in refused.value.shortages] == [(1, 0)]
    assert query("SELECT status FROM carts WHERE user_id = %s", buyer) == ("active",)


async def test_what_takes_more_is_left_to_the_longer_way(pg: str, query: Any) -> None:
    """Nothing is written of it."""
    products = market.products(pg, 1, stock=5, buckets=2)
    (buyer,) = market.shoppers(pg, 1, products)
    pool = db.engine(pg, size=1)
    assert not await at_once(pool, buyer)
    await pool.dispose()
    assert query("SELECT sum(reserved) FROM inventory WHERE product_id = ANY(%s)", products) == (0,)
    assert query("SELECT status FROM carts WHERE user_id = %s", buyer) == ("active",)
