"""What becomes of a cart whose order stood, or did not."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api import db as pools
from api import outbox
from api.carts import service
from api.outbox import Fact
from tests import shop

Database = psycopg.Connection[Any]


def checked_out(shopper: httpx2.Client, product: str, quantity: int, db: Database) -> UUID:
    shop.put_in_cart(shopper, product, quantity)
    cart_id = UUID(shopper.get("/cart").json()["id"])
    db.execute("UPDATE carts SET status = 'checked_out' WHERE id = %s", [cart_id])
    return cart_id


async def written(pool: AsyncEngine, facts: Sequence[Fact]) -> list[str]:
    async with pools.transaction(pool) as conn:
        await outbox.record(conn, *facts)
    return [fact.event.name for fact in facts]


async def test_a_confirmed_order_converts_its_cart_once(
    shopper: httpx2.Client, product: str, db: Database, pool: AsyncEngine
) -> None:
    """R-CRT-5, R-CRT-6: what is added meanwhile stands in a cart of its own."""
    cart_id, order_id = checked_out(shopper, product, 2, db), uuid4()
    shop.put_in_cart(shopper, product, 1)
    assert UUID(shopper.get("/cart").json()["id"]) != cart_id
    for expected in (["cart.converted"], []):
        async with pools.transaction(pool) as conn:
            facts = await service.convert(conn, cart_id, order_id)
        assert await written(pool, facts) == expected
    assert shopper.get("/cart").json()["items"][0]["quantity"] == 1


async def test_a_failed_order_gives_its_cart_back(
    shopper: httpx2.Client, product: str, db: Database, pool: AsyncEngine
) -> None:
    """R-CRT-5: merged with the cart that was opened meanwhile, a line up to its limit."""
    cart_id = checked_out(shopper, product, 60, db)
    shop.put_in_cart(shopper, product, 50)
    async with pools.transaction(pool) as conn:
        facts = await service.restore(conn, cart_id, uuid4(), "payment_failed")
    assert await written(pool, facts) == ["cart.expired", "cart.restored"]
    cart = shopper.get("/cart").json()
    assert (UUID(cart["id"]), [item["quantity"] for item in cart["items"]]) == (cart_id, [99])
    async with pools.transaction(pool) as conn:
        assert await service.restore(conn, cart_id, uuid4(), "payment_failed") == []


@pytest.fixture
def foreign(api: str) -> str:
    """A product in euros, of which one is left."""
    with closing(shop.seller(api, "EUR")[0]) as seller:
        return shop.product(seller, price=100, stock=1, currency="EUR")


async def test_an_empty_cart_of_another_currency_is_not_in_the_way(
    shopper: httpx2.Client, product: str, foreign: str, db: Database, pool: AsyncEngine
) -> None:
    """R-CRT-5, R-CRT-9: a refused add had opened it to be told about, and it holds nothing."""
    cart_id = checked_out(shopper, product, 2, db)
    assert shopper.post("/cart/items", json={"product_id": foreign, "quantity": 2}).status_code == 409
    async with pools.transaction(pool) as conn:
        facts = await service.restore(conn, cart_id, uuid4(), "payment_failed")
    assert await written(pool, facts) == ["cart.expired", "cart.restored"]
    assert UUID(shopper.get("/cart").json()["id"]) == cart_id


async def test_a_full_cart_of_another_currency_stays(
    shopper: httpx2.Client, product: str, foreign: str, db: Database, pool: AsyncEngine
) -> None:
    """R-CRT-9: lines of two currencies are never merged."""
    cart_id = checked_out(shopper, product, 2, db)
    shop.put_in_cart(shopper, foreign, 1)
    async with pools.transaction(pool) as conn:
        assert await service.restore(conn, cart_id, uuid4(), "payment_failed") == []
    assert shopper.get("/cart").json()["currency"] == "EUR"
