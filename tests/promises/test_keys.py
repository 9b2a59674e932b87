"""One Idempotency-Key, many calls at once, at two api processes that are killed: one effect, one answer (R-API-10)."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import psycopg
import pytest

from tests import shop
from tests.api import market
from tests.promises.callers import Answer, Caller
from tests.promises.conftest import LONG
from tests.promises.processes import Fleet

SHOPPERS, REPEATS, KILL_EVERY_S = (250, 100, 20.0) if LONG else (3, 20, 0.0)
CALLS = 4
AT_ONCE = 100
OWN_OF_A_CALL = {"date", "x-request-id", "traceparent", "idempotent-replayed"}
CHECKOUT = {"address": shop.ADDRESS, "payment_method": "card"}

Db = psycopg.Connection[tuple[Any, ...]]
_TOLD = "SELECT count(*) FROM outbox WHERE convert_from(line, 'utf8') LIKE '%\"event\":\"{}\"%'"
# What each of a shopper's calls leaves behind, once.
EFFECTS: Mapping[str, str] = MappingProxyType(
    {
        "units ordered": "SELECT sum(i.quantity) FROM order_items i JOIN orders o ON o.id = i.order_id",
        "orders": "SELECT count(*) FROM orders",
        "payments": "SELECT count(*) FROM payments",
        **{fact: _TOLD.format(fact) for fact in ("cart.item.added", "order.created", "payment.created")},
    }
)
# What each payment that succeeded leaves behind, once; all do but those whose process died before the card was asked.
PAID: Mapping[str, str] = MappingProxyType(
    {
        "charges": "SELECT count(*) FROM card_network.operations",
        "sales in the books": "SELECT count(*) FROM journal_entries WHERE kind = 'sale'",
        "payment.succeeded": _TOLD.format("payment.succeeded"),
    }
)
_ENDED = "SELECT count(*) FILTER (WHERE status = 'success'), count(*) FILTER (WHERE status = 'failed') FROM payments"
DECIDED_WITHIN_S = 120


@pytest.fixture
def two(fleet: Fleet, env: dict[str, str], tmp_path: Path) -> Iterator[tuple[Fleet, Fleet]]:
    """Two machines with an api each."""
    fleet.start("api")
    (tmp_path / "other").mkdir()
    with Fleet(env, tmp_path / "other") as other:
        other.start("api")
        yield fleet, other


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """The crowd's connections."""
    limits = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE), timeout=limits) as opened:
        yield opened


def seen_by_all(answer: Answer) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    """What must be the same, byte for byte."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status, answer.body, tuple(sorted((n, v) for n, v in headers.items() if n not in OWN_OF_A_CALL))


async def alike(caller: Caller, path: str, body: object) -> Any:
    """The same call many times at once; the one answer that all of them got."""
    key = str(uuid4())
    answers = await asyncio.gather(*(caller.definite("POST", path, body, key) for _ in range(REPEATS)))
    assert len(set(map(seen_by_all, answers))) == 1, set(map(seen_by_all, answers))
    return answers[0]


async def shop_once(caller: Caller, product: UUID) -> str:
    """Cart, checkout, payment begun and confirmed; each call as often as it takes. How the payment stands then."""
    added = await alike(caller, "/cart/items", {"product_id": str(product), "quantity": 1})
    assert added.status == 201, added
    placed = await alike(caller, "/checkout", CHECKOUT)
    assert placed.status == 201, placed
    begun = await alike(caller, "/payments/intent", {"order_id": placed.json["order"]["id"]})
    body = {"payment_id": begun.json["id"], "gateway_token": shop.APPROVED}
    paid = await alike(caller, "/payments/confirm", body)
    assert paid.status == 200, paid
    status: str = paid.json["status"]
    return status


async def decided(db: Db) -> tuple[int, int]:
    """How many payments have succeeded and failed, once the sweeper has asked for those that nobody decided."""
    deadline = time.monotonic() + DECIDED_WITHIN_S
    while time.monotonic() < deadline:
        row = db.execute(_ENDED).fetchone()
        if row and sum(row) == SHOPPERS:
            return row[0], row[1]
        await asyncio.sleep(0.5)
    raise AssertionError(f"of {SHOPPERS} payments these are decided after {DECIDED_WITHIN_S} s: {row}")


async def kill_in_turn(fleets: tuple[Fleet, Fleet], every_s: float) -> None:
    """One of the two is always being killed, never both."""
    while True:
        for fleet in fleets:
            await asyncio.sleep(every_s)
            await asyncio.to_thread(fleet.kill, "api")
            await asyncio.to_thread(fleet.start, "api")


async def test_many_repeats_have_one_effect_and_one_answer(
    two: tuple[Fleet, Fleet], pg: str, db: Db, told: Callable[[str], None]
) -> None:
    """R-API-10, R-ORD-4, R-NFR-7: status, body and headers are equal for all, whichever process answered."""
    (product,) = market.products(pg, 1, stock=SHOPPERS * 2)
    buyers, began, lost = market.shoppers(pg, SHOPPERS, []), time.monotonic(), Counter[str]()
    cuts = asyncio.create_task(kill_in_turn(two, KILL_EVERY_S)) if KILL_EVERY_S else None
    async with session() as connections:
        for user_id in buyers:
            caller = Caller(connections, [fleet.api for fleet in two], user_id)
            lost[await shop_once(caller, product)] += 1
            lost["answers"] += caller.lost
    if cuts:
        cuts.cancel()
        await asyncio.gather(cuts, return_exceptions=True)
    for effect, query in EFFECTS.items():
        assert (effect, db.execute(query).fetchone()) == (effect, (SHOPPERS,))
    two[0].start("reactor")
    succeeded, failed = await decided(db)
    for effect, query in PAID.items():
        assert (effect, db.execute(query).fetchone()) == (effect, (succeeded,))
    assert failed <= lost["processing"], lost
    took, keys = time.monotonic() - began, SHOPPERS * CALLS
    told(f"{keys} keys of {REPEATS} calls at once in {took:.0f} s, {lost['answers']} answers lost by kills")
