"""Which states a cart goes through, and which it does not (R-CRT-2)."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api import db as pools
from api import ids
from api.carts import service
from tests import shop

Database = psycopg.Connection[Any]
Cart = tuple[httpx2.Client, UUID]


@pytest.fixture
def cart(api: str, product: str) -> Iterator[Cart]:
    """A new shopper and their active cart."""
    with closing(shop.account(api)) as client:
        shop.put_in_cart(client, product, 1)
        yield client, UUID(client.get("/cart").json()["id"])


def state(db: Database, cart_id: UUID) -> str:
    """Where the cart is."""
    row = db.execute("SELECT status FROM carts WHERE id = %s", [cart_id]).fetchone()
    assert row is not None
    return str(row[0])


async def abandon(pool: AsyncEngine, cart_id: UUID, idle_since: datetime | None = None) -> bool:
    """What the core does when it hears that nobody has touched it since then."""
    async with pools.transaction(pool) as conn:
        return await service.abandon(conn, cart_id, idle_since or ids.now())


async def recover(pool: AsyncEngine, cart_id: UUID) -> None:
    """What it does when it hears that somebody has again."""
    async with pools.transaction(pool) as conn:
        await service.recover(conn, cart_id)


async def test_a_cart_is_left_alone_and_taken_up_again(cart: Cart, db: Database, pool: AsyncEngine) -> None:
    """R-CRT-2, R-CRT-3: active -> abandoned -> active, its version and its lines as they were."""
    shopper, cart_id = cart
    before = shopper.get("/cart").json()
    assert await abandon(pool, cart_id)
    assert shopper.get("/cart").json() == before | {"status": "abandoned"}
    assert not await abandon(pool, cart_id)
    await recover(pool, cart_id)
    assert shopper.get("/cart").json() == before


def add(shopper: httpx2.Client, product: str) -> None:
    """One more."""
    shop.put_in_cart(shopper, product, 1)


def empty(shopper: httpx2.Client, _product: str) -> None:
    """Everything out."""
    shopper.delete("/cart").raise_for_status()


def remove(shopper: httpx2.Client, product: str) -> None:
    """By the older address."""
    shopper.post("/cart/remove", json={"product_id": product}).raise_for_status()


def ask_for_too_many(shopper: httpx2.Client, product: str) -> None:
    """A wish that is refused is one."""
    answer = shopper.post("/cart/items", json={"product_id": product, "quantity": 99})
    assert answer.status_code == 409, answer.text


@pytest.mark.parametrize("change", [add, empty, remove, ask_for_too_many])
async def test_every_change_takes_it_up_at_once(
    change: Callable[[httpx2.Client, str], None], cart: Cart, product: str, db: Database, pool: AsyncEngine
) -> None:
    """R-CRT-2, R-CRT-3: before the stream side tells; a signal that comes after the change does nothing."""
    shopper, cart_id = cart
    db.execute("UPDATE carts SET updated_at = updated_at - interval '1 hour' WHERE id = %s", [cart_id])
    idle_since = ids.now() - timedelta(hours=1) + timedelta(seconds=5)
    await abandon(pool, cart_id, idle_since)
    assert state(db, cart_id) == "abandoned"
    change(shopper, product)
    assert state(db, cart_id) == "active"
    assert not await abandon(pool, cart_id, idle_since)
    assert state(db, cart_id) == "active"


@pytest.mark.parametrize("left_alone", [False, True], ids=["active", "abandoned"])
async def test_it_is_checked_out_and_bought_or_given_back(
    left_alone: bool, cart: Cart, db: Database, pool: AsyncEngine
) -> None:
    """R-CRT-2, R-CRT-5: active or abandoned -> checked_out -> active, checked_out -> converted; what ended stays so."""
    shopper, cart_id = cart
    if left_alone:
        await abandon(pool, cart_id)
    shop.checkout(shopper)
    assert state(db, cart_id) == "checked_out"
    assert not await abandon(pool, cart_id)
    async with pools.transaction(pool) as conn:
        (fact,) = await service.restore(conn, cart_id, uuid4(), "payment_failed")
    assert (fact.event.name, state(db, cart_id)) == ("cart.restored", "active")
    db.execute("UPDATE carts SET status = 'checked_out' WHERE id = %s", [cart_id])
    async with pools.transaction(pool) as conn:
        await service.convert(conn, cart_id, uuid4())
    await recover(pool, cart_id)
    assert not await abandon(pool, cart_id)
    assert state(db, cart_id) == "converted"


@pytest.mark.parametrize("left_alone", [False, True], ids=["active", "abandoned"])
async def test_it_runs_out(left_alone: bool, cart: Cart, product: str, db: Database, pool: AsyncEngine) -> None:
    """R-CRT-2, R-CRT-4: active or abandoned -> expired, for ever."""
    shopper, cart_id = cart
    if left_alone:
        await abandon(pool, cart_id)
    db.execute("UPDATE carts SET expires_at = now() - interval '1 second' WHERE id = %s", [cart_id])
    shop.put_in_cart(shopper, product, 1)
    await recover(pool, cart_id)
    assert not await abandon(pool, cart_id)
    assert (state(db, cart_id), shopper.get("/cart").json()["id"] != str(cart_id)) == ("expired", True)


def test_a_cart_that_took_more_lines_in_than_it_can_get_grows_line_by_line(cart: Cart, db: Database) -> None:
    """R-CRT-5: restored over a newer one it may have more than a hundred; what is in it can still be added to."""
    shopper, cart_id = cart
    more = """
        WITH p AS (
            INSERT INTO products (id, sku, seller_id, category_id, name, price_minor, currency)
            SELECT uuidv7(), uuidv7()::text, seller_id, category_id, name, price_minor, currency FROM products
            CROSS JOIN generate_series(1, 100) WHERE id = (SELECT product_id FROM cart_items WHERE cart_id = %(cart)s)
            RETURNING id
        )
        INSERT INTO cart_items (id, cart_id, product_id, quantity, price_when_added_minor)
        SELECT uuidv7(), %(cart)s, id, 1, 1 FROM p
    """
    first = shopper.get("/cart").json()["items"][0]["product_id"]
    db.execute(more, {"cart": cart_id})
    grown = shopper.post("/cart/items", json={"product_id": first}).raise_for_status().json()
    assert (len(grown["items"]), grown["items"][0]["quantity"]) == (101, 2)
