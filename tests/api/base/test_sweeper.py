"""What is due happens in time, whatever else fails or hangs beside it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api import sweeper
from api.db import async_url
from api.payments.gateway import Operation, Reply
from api.payments.service import CardNetwork
from tests import shop
from tests.api.running import sweeping
from tests.line import eventually

Db = psycopg.Connection[Any]
LATE = "tok_4000000000000202"


class Hanging(CardNetwork):
    """A card network that takes every question and never answers."""

    def __init__(self, pool: AsyncEngine) -> None:
        super().__init__(pool, "a secret of the gateway")
        self.asked = threading.Event()

    async def query(self, operation: Operation) -> Reply:
        self.asked.set()
        await asyncio.sleep(60)
        raise AssertionError("nobody waits that long")


@pytest.fixture
def other(api: str) -> Iterator[httpx2.Client]:
    """A second shopper."""
    with closing(shop.account(api)) as client:
        yield client


def order_of(buyer: httpx2.Client, product: str) -> str:
    shop.put_in_cart(buyer, product, 2)
    order_id: str = shop.checkout(buyer)["id"]
    return order_id


def let_run_out(db: Db, order_id: str, ago: str = "0 s") -> None:
    db.execute("UPDATE orders SET hold_expires_at = now() - %s::interval WHERE id = %s", [ago, order_id])


def cancelled(buyer: httpx2.Client, order_id: str) -> bool:
    return bool(buyer.get(f"/orders/{order_id}").raise_for_status().json()["status"] == "cancelled")


def reserved(seller: httpx2.Client, product: str) -> int:
    return int(seller.get(f"/products/{product}/inventory").raise_for_status().json()["reserved"])


def test_a_row_that_cannot_be_settled_holds_up_no_other(
    shopper: httpx2.Client, other: httpx2.Client, seller: httpx2.Client, db: Db, pg: str
) -> None:
    """R-INV-4: the units of the oldest overdue order are not held any more, which its end stumbles over every time."""
    lost = shop.product(seller, price=1200, stock=10)
    broken = order_of(shopper, lost)
    db.execute("UPDATE inventory SET reserved = 0 WHERE product_id = %s", [lost])
    let_run_out(db, broken, "1 hour")
    with pytest.MonkeyPatch.context() as patch, sweeping(pg):
        patch.setattr(sweeper, "AT_ONCE", 1)
        order_id = order_of(other, shop.product(seller, price=1200, stock=10))
        let_run_out(db, order_id)
        eventually(lambda: cancelled(other, order_id), within=10)
    assert not cancelled(shopper, broken)
    db.execute("UPDATE inventory SET reserved = 2 WHERE product_id = %s", [lost])
    with sweeping(pg):
        eventually(lambda: cancelled(shopper, broken), within=10)


def test_a_gateway_that_hangs_holds_up_no_hold(
    shopper: httpx2.Client, other: httpx2.Client, seller: httpx2.Client, db: Db, pg: str
) -> None:
    """R-INV-4: ten seconds, also while several answers are waited for as long each."""
    product = shop.product(seller, price=1200, stock=10)
    for _ in range(3):
        assert shop.buy(shopper, product, 1, LATE).json()["status"] == "processing"
    db.execute("UPDATE payment_operations SET status = 'unknown', updated_at = now() - interval '5 s' "
               "WHERE status IN ('requested', 'unknown', 'processing')")  # fmt: skip
    network = Hanging(create_async_engine(async_url(pg)))
    with sweeping(pg, network):
        assert network.asked.wait(10)
        order_id = order_of(other, product)
        let_run_out(db, order_id)
        eventually(lambda: cancelled(other, order_id), within=8)


def test_a_hold_of_another_process_ends_in_time(
    operator: httpx2.Client, shopper: httpx2.Client, seller: httpx2.Client, db: Db, pg: str
) -> None:
    """R-INV-4, E-INV-3: after its ttl_s, told as expired; the hold of an order that is paid stays."""
    product = shop.product(seller, price=1200, stock=10)
    paid = order_of(shopper, product)
    shop.pay(shopper, paid).raise_for_status()
    wanted = {"order_id": str(uuid4()), "items": [{"product_id": product, "quantity": 3}], "ttl_s": 60}
    hold = operator.post("/inventory/reserve", json=wanted).raise_for_status().json()
    assert reserved(seller, product) == 5
    db.execute("UPDATE reservations SET expires_at = now() WHERE order_id IN (%s, %s)", [wanted["order_id"], paid])
    with sweeping(pg):
        eventually(lambda: reserved(seller, product) == 2, within=10)
    again = operator.post("/inventory/release", json={"reservation_id": hold["reservation_id"]}).raise_for_status()
    assert again.json()["status"] == "expired"
    told = db.execute(
        "SELECT count(*) FROM outbox WHERE convert_from(line, 'utf8')::json ->> 'event' = 'stock.released' "
        "AND convert_from(line, 'utf8')::json #>> '{payload,cause}' = 'expired' AND line LIKE %s",
        [f"%{wanted['order_id']}%".encode()],
    ).fetchone()
    assert told == (1,)
