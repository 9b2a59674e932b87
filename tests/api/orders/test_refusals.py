"""What a refused checkout leaves behind: facts with the cart's version, and the answer of its key."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api import db as databases
from api.errors import InsufficientStock
from api.orders import service
from api.problems import Noting
from tests import shop
from tests.api import market

Db = psycopg.Connection[tuple[Any, ...]]
FACTS = """
SELECT line ->> 'event', (line ->> 'aggregate_seq')::int
FROM (SELECT id, convert_from(line, 'UTF8')::json AS line FROM outbox) o
WHERE line -> 'payload' ->> 'cart_id' = %s ORDER BY id DESC LIMIT 20
"""
KEEPING = {
    "caller": "somebody", "method": "POST", "path": "/v1/checkout", "key": "", "body_hash": "0" * 64, "status": 409,
    "answer": b"{}", "type": "application/problem+json", "claimed": False,
}  # fmt: skip


def version_of(db: Db, cart_id: str) -> int:
    row = db.execute("SELECT version FROM carts WHERE id = %s", [cart_id]).fetchone()
    assert row
    return int(row[0])


@pytest.fixture
async def pool(pg: str) -> AsyncIterator[AsyncEngine]:
    pool = databases.engine(pg, size=1)
    yield pool
    await pool.dispose()


async def refused(pg: str, pool: AsyncEngine) -> tuple[str, Noting]:
    """A shopper's cart, whose checkout is refused for want of stock, and what is left to write of that."""
    products = market.products(pg, 1, stock=0)
    (buyer,) = market.shoppers(pg, 1, products)
    async with databases.statement(pool) as conn:
        with pytest.raises(InsufficientStock) as problem:
            await service.look(conn, buyer, market.ASKED)
        cart_id = await conn.scalar(text("SELECT id FROM carts WHERE user_id = :user_id"), {"user_id": buyer})
    assert problem.value.noting
    return str(cart_id), problem.value.noting


async def test_a_refused_checkout_takes_two_statements(pg: str, pool: AsyncEngine) -> None:
    """8.5: the look, and all that the refusal leaves behind."""
    statements: list[str] = []
    _, note = await refused(pg, pool)
    event.listen(pool.sync_engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    async with databases.statement(pool) as conn:
        assert await note(conn, {**KEEPING, "key": str(uuid4())})
    assert len(statements) == 1, statements


async def test_the_facts_tell_the_version_that_the_cart_came_to(pg: str, pool: AsyncEngine, db: Db) -> None:
    """R-EVT-5: another change of the cart that came before has its own number."""
    cart_id, note = await refused(pg, pool)
    db.execute("UPDATE carts SET version = version + 4 WHERE id = %s", [cart_id])
    async with databases.statement(pool) as conn:
        assert await note(conn, None)
    assert db.execute(FACTS, [cart_id]).fetchall() == [
        ("stock.reservation.failed", 1), ("checkout.rejected", version_of(db, cart_id))
    ]  # fmt: skip


async def test_an_answered_key_leaves_the_cart_alone(pg: str, pool: AsyncEngine, db: Db) -> None:
    """R-API-10: of two calls with one key one is noted; the other is told so."""
    cart_id, note = await refused(pg, pool)
    before = version_of(db, cart_id)
    keeping = {**KEEPING, "key": str(uuid4())}
    async with databases.statement(pool) as conn:
        assert [await note(conn, keeping) for _ in range(3)] == [True, False, False]
    told = len(db.execute(FACTS, [cart_id]).fetchall())
    assert (told, version_of(db, cart_id)) == (2, before + 1)


def test_a_refusal_is_given_again_as_it_was(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """R-API-10: byte for byte, while the cart keeps the version that it was told of."""
    product_id = shop.product(seller, price=1000, stock=5)
    shop.put_in_cart(shopper, product_id, 4)
    db.execute("UPDATE inventory SET on_hand = 3 WHERE product_id = %s", [product_id])
    body, headers = {"address": shop.ADDRESS}, {"Idempotency-Key": str(uuid4())}
    first, again = (shopper.post("/checkout", json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.content) == (409, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert shopper.get("/cart").json()["version"] == first.json()["cart_version"]
