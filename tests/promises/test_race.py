"""1,000 buyers of 10 units over HTTP while the api, the relay and the reactor are killed (R-INV-2, R-ORD-10)."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import psycopg
import pytest

from tests import shop
from tests.api import market
from tests.line import eventually
from tests.promises.callers import PATIENCE_S, Answer, Caller
from tests.promises.conftest import LONG
from tests.promises.processes import Fleet

UNITS = 10
BUYERS, SEEDS = (1000, range(20)) if LONG else (200, range(1))
KILLS = ("api", "reactor", "relay", "api") if LONG else ("api", "reactor")
AT_ONCE = 100
"""Connections that the crowd shares."""
CHECKOUT = {"address": shop.ADDRESS, "payment_method": "card"}
SOLD_OUT_S = 3.0

Db = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Rush:
    """What the crowd was told, and when the last unit went."""

    began: float = field(default_factory=time.monotonic)
    sold: list[float] = field(default_factory=list)
    refused: float = 0.0
    said: Counter[str] = field(default_factory=Counter)
    lost: int = 0

    async def buy(self, caller: Caller) -> None:
        """One shopper: checks out until there is an order that stands, or no unit for one."""
        while True:
            placed = await caller.definite("POST", "/checkout", CHECKOUT, str(uuid4()))
            if placed.status != 201:
                self.said[f"{placed.status} {placed.slug}"] += 1
                self.refused = time.monotonic() - self.began
                break
            self.sold.append(time.monotonic() - self.began)
            if await self._stands(caller, placed.json["order"]["id"]):
                self.said["sold"] += 1
                break
            await _until(caller, "/cart", lambda cart: bool(cart["items"]))  # it is given back by the reactor
        self.lost += caller.lost

    async def _stands(self, caller: Caller, order_id: str) -> bool:
        """Pay; False when the card network never heard of the charge, and the order has been cancelled for that."""
        intent = await caller.definite("POST", "/payments/intent", {"order_id": order_id}, str(uuid4()))
        if intent.status < 300:
            body = {"payment_id": intent.json["id"], "gateway_token": shop.APPROVED}
            _known(await caller.definite("POST", "/payments/confirm", body, str(uuid4())))
        order = await _until(caller, f"/orders/{order_id}", lambda seen: seen["status"] in ("processing", "cancelled"))
        return bool(order["status"] == "processing")


async def _until(caller: Caller, path: str, good: Callable[[Any], bool]) -> Any:
    """Look again and again, as a shopper does."""
    async with asyncio.timeout(PATIENCE_S):
        while not good(seen := await caller.get(path)):  # noqa: ASYNC110 - servers tell nobody
            await asyncio.sleep(0.2)
    return seen


def _known(answer: Answer) -> None:
    """A payment is done, or what was begun before a death is told."""
    assert answer.status == 200 or answer.slug in ("payment-state", "payment-declined", "order-state"), answer


async def rush(api: str, buyers: list[UUID]) -> Rush:
    """Everybody at once."""
    crowd = Rush()
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        await asyncio.gather(*(crowd.buy(Caller(session, [api], user_id)) for user_id in buyers))
    return crowd


async def power_cuts(fleet: Fleet, dice: random.Random, within_s: float) -> None:
    """Kill and start again, each at its moment."""

    async def cut(name: str) -> None:
        await asyncio.sleep(dice.random() * within_s)
        await asyncio.to_thread(fleet.kill, name)
        await asyncio.to_thread(fleet.start, name)

    async with asyncio.TaskGroup() as tasks:
        for name in sorted(set(KILLS)):
            tasks.create_task(_in_turn([cut] * KILLS.count(name), name))


async def _in_turn(cuts: list[Callable[[str], Any]], name: str) -> None:
    for cut in cuts:
        await cut(name)


def running(fleet: Fleet) -> None:
    """Everything that an order needs."""
    for name in ("api", "relay", "reactor"):
        fleet.start(name)


def sound(db: Db, product: UUID) -> None:
    """Ten orders that stand, each charged once; no unit held, no money without an order."""

    def one(query: str) -> Any:
        found = db.execute(query, [product]).fetchone()
        return found and found[0]

    orders = "FROM orders o JOIN order_items i ON i.order_id = o.id AND i.product_id = %s "
    eventually(lambda: one(f"SELECT count(*) {orders} WHERE o.status = 'processing'") == UNITS, within=60)
    eventually(lambda: one("SELECT on_hand + reserved FROM inventory WHERE product_id = %s") == 0, within=60)
    assert one(f"SELECT count(*) {orders} WHERE o.status NOT IN ('processing', 'cancelled')") == 0
    held = (
        "SELECT count(*) FROM reservations r JOIN reservation_items i ON i.reservation_id = r.id AND i.product_id = %s"
    )
    assert one(f"{held} WHERE r.status = 'held'") == 0
    charged = (
        f"SELECT array_agg(o.status) {orders} JOIN payments p ON p.order_id = o.id "
        "JOIN card_network.operations n ON n.idempotency_ref = 'charge:' || p.id AND n.outcome = 'succeeded'"
    )
    assert one(charged) == ["processing"] * UNITS
    booked = f"SELECT count(*) {orders} JOIN journal_entries e ON e.order_id = o.id AND e.kind = 'sale'"
    assert one(booked) == UNITS
    eventually(lambda: db.execute("SELECT count(*) FROM outbox").fetchone() == (0,), within=60)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_crowd_at_few_units_while_processes_die(
    seed: int, pg: str, fleet: Fleet, db: Db, told: Callable[[str], None]
) -> None:
    """R-INV-2, R-ORD-10, R-NFR-7: 10 orders stand, everybody else hears 409, and every answer is definite."""
    running(fleet)
    (product,) = market.products(pg, 1, stock=UNITS)
    crowd = asyncio.create_task(rush(fleet.api, market.shoppers(pg, BUYERS, [product])))
    await power_cuts(fleet, random.Random(seed), BUYERS / 200)
    seen = await crowd
    assert seen.said == {"sold": UNITS, "409 insufficient-stock": BUYERS - UNITS}
    await asyncio.to_thread(sound, db, product)
    told(f"last unit after {seen.sold[-1]:.1f} s, last answer after {seen.refused:.1f} s, {seen.lost} answers lost")


async def test_a_crowd_at_few_units_sells_out_fast(pg: str, fleet: Fleet, db: Db, told: Callable[[str], None]) -> None:
    """R-INV-2 over HTTP, nothing killed; how fast depends on what else the machine does, so it is told."""
    running(fleet)
    (product,) = market.products(pg, 1, stock=UNITS)
    seen = await rush(fleet.api, market.shoppers(pg, BUYERS, [product]))
    assert seen.said == {"sold": UNITS, "409 insufficient-stock": BUYERS - UNITS}
    await asyncio.to_thread(sound, db, product)
    told(f"last unit after {seen.sold[-1]:.2f} s (goal {SOLD_OUT_S:.0f}), last answer after {seen.refused:.2f} s")
