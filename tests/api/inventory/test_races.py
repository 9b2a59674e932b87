"""Holds under contention, on the service itself."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import db, ids, outbox
from api.errors import InsufficientStock
from api.inventory import service
from api.unit import TryAgain
from streams.events import Item

_GOODS = text("""
WITH person AS (
    INSERT INTO users (id, email, first_name, last_name, phone) SELECT :id, :slug, 'a', 'b', '+1' RETURNING id
), seller AS (
    INSERT INTO sellers (id, user_id, display_name, slug, legal_name, contact_email, contact_phone, currency, status)
    SELECT :id, id, :slug, :slug, 'x', 'x', 'x', 'GBP', 'active' FROM person RETURNING id
), shelf AS (
    INSERT INTO categories (id, name, slug) VALUES (:id, :slug, :slug) RETURNING id
), goods AS (
    INSERT INTO products (id, sku, seller_id, category_id, name, price_minor, currency)
    SELECT product, CAST(product AS text), seller.id, shelf.id, 'Cup', 100, 'GBP'
    FROM unnest(CAST(:products AS uuid[])) AS product, seller, shelf RETURNING id
)
INSERT INTO inventory (id, product_id, bucket, on_hand)
SELECT uuidv7(), goods.id, bucket, :on_hand FROM goods, generate_series(0, :buckets - 1) AS bucket
""")
_REST = text("SELECT sum(on_hand - reserved), sum(reserved), bool_and(reserved BETWEEN 0 AND on_hand) FROM inventory "
             "WHERE product_id = ANY(CAST(:products AS uuid[]))")  # fmt: skip


async def goods(pool: AsyncEngine, *, products: int = 1, buckets: int = 1, on_hand: int) -> list[UUID]:
    made = [uuid4() for _ in range(products)]
    values = {"id": uuid4(), "slug": uuid4().hex, "products": made, "buckets": buckets, "on_hand": on_hand}
    async with db.transaction(pool) as conn:
        await conn.execute(_GOODS, values)
    return made


async def held(conn: AsyncConnection, order: UUID, *items: tuple[UUID, int]) -> service.Hold:
    return await service.reserve(
        conn,
        order_id=order,
        cause_type="checkout",
        cause_id=order,
        items=[Item(product_id=product_id, quantity=quantity) for product_id, quantity in items],
        expires_at=ids.now() + timedelta(hours=1),
    )


async def buy(pool: AsyncEngine, *items: tuple[UUID, int]) -> bool:
    """Whether an order got its hold; begun anew when it is told to try again, as the edge does."""
    order = uuid4()
    for _ in range(5):
        try:
            async with db.transaction(pool) as conn:
                hold = await held(conn, order, *items)
                await outbox.record(conn, *hold.facts)
            return True
        except InsufficientStock:
            return False
        except TryAgain:
            continue
    raise AssertionError("never settled")


async def rest(pool: AsyncEngine, products: Sequence[UUID]) -> tuple[int, int, bool]:
    async with pool.connect() as conn:
        row = (await conn.execute(_REST, {"products": list(products)})).one()
    return row[0], row[1], row[2]


@pytest.mark.parametrize(("buckets", "buyers"), [(1, 1000), (5, 300)])
async def test_a_thousand_buyers_of_ten_units(pool: AsyncEngine, buckets: int, buyers: int) -> None:
    """R-INV-2: 10 holds, everybody else is refused, nothing left over."""
    products = await goods(pool, buckets=buckets, on_hand=10 // buckets)
    gate = asyncio.Semaphore(100)

    async def one() -> bool:
        async with gate:
            return await buy(pool, (products[0], 1))

    answers = await asyncio.gather(*(one() for _ in range(buyers)))
    assert sum(answers) == 10
    assert await rest(pool, products) == (0, 10, True)


async def test_orders_of_several_products_do_not_deadlock(pool: AsyncEngine) -> None:
    """R-INV-1: whatever the order of their lines."""
    products = await goods(pool, products=4, buckets=2, on_hand=50)
    turns = [(products[i % 4], products[(i + 1 + i // 4 % 3) % 4]) for i in range(120)]
    answers = await asyncio.gather(*(buy(pool, (first, 1), (second, 2)) for first, second in turns))
    left, taken, sound = await rest(pool, products)
    assert sound
    assert taken == 3 * sum(answers)
    assert left + taken == 400


async def test_other_buckets_are_tried_before_sold_out(pool: AsyncEngine) -> None:
    """R-INV-3: a hold may spread over buckets."""
    products = await goods(pool, buckets=4, on_hand=3)
    assert await buy(pool, (products[0], 11))
    assert not await buy(pool, (products[0], 2))
    assert await buy(pool, (products[0], 1))
    assert await rest(pool, products) == (0, 12, True)


async def test_deduct_and_release_work_over_buckets(pool: AsyncEngine) -> None:
    """R-INV-5, R-INV-8."""
    products = await goods(pool, buckets=3, on_hand=2)
    order = uuid4()
    async with db.transaction(pool) as conn:
        hold = await held(conn, order, (products[0], 5))
        gone = await service.deduct(conn, order)
        back = await service.restock(conn, items=hold.items, cause=service.Cause("order", order))
    assert [len(hold.facts), len(gone.facts), len(back)] == [4, 4, 1]
    assert await rest(pool, products) == (6, 0, True)
