"""Kill -9 of any one part while shoppers buy and click: nothing is lost, nothing is counted twice, nobody repairs it.

The short form kills every part once; CHAOS_ROUNDS=n (make chaos ROUNDS=n) does it n times in a random order.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest

from stack.state import Process
from tests.line import Line, eventually
from tests.shop import account, checkout, pay, product, put_in_cart, seller

PARTS = ("api", "relay", "reactor", "worker", "sink", "kafka", "clickhouse", "postgres", "valkey")
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
CLICKS_A_BATCH = 50
PRICE = 1_999
WAIT = (httpx2.codes.CONFLICT, httpx2.codes.SERVICE_UNAVAILABLE)
"""Answers after which a shopper looks again: a charge may be undecided until the card network has been asked."""


class Shoppers(threading.Thread):
    """Repeats a step until told to stop; a step that fails for an outage is tried again as it was."""

    def __init__(self, step: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._step, self._over = step, threading.Event()
        self.done = 0
        self.wrong: Exception | None = None

    def run(self) -> None:
        while not self._over.is_set() and self.wrong is None:
            try:
                self._step()
                self.done += 1
            except (httpx2.TransportError, httpx2.HTTPStatusError) as outage:
                if isinstance(outage, httpx2.HTTPStatusError) and outage.response.status_code not in WAIT:
                    self.wrong = outage
                time.sleep(0.3)

    def finish(self) -> int:
        """Stop after the running step; how many steps were done."""
        self._over.set()
        self.join(60)
        assert not self.is_alive()
        if self.wrong:
            raise self.wrong
        return self.done


class Buyer:
    """One shopper who buys a unit again and again; every step may be repeated after an outage."""

    def __init__(self, api: str, product_id: str) -> None:
        self.client, self.product_id = account(api), product_id
        self.key = str(uuid4())
        self.order_id: str | None = None

    def step(self) -> None:
        """Buy one unit: paid when it returns."""
        if self.order_id is None:
            if not self.client.get("/cart").raise_for_status().json()["items"]:
                put_in_cart(self.client, self.product_id, 1)
            self.order_id = checkout(self.client, self.key)["id"]
        order = self.client.get(f"/orders/{self.order_id}").raise_for_status().json()
        if order["status"] == "cancelled":  # the card network never heard of the charge: nothing paid, nothing sold
            self._begin()
            return self.step()
        if not (order["payment"] and order["payment"]["captured_minor"]):
            pay(self.client, self.order_id).raise_for_status()
        return self._begin()

    def _begin(self) -> None:
        self.order_id, self.key = None, str(uuid4())


class Clicker:
    """A session that sends batches; a batch that was not answered is sent again with the same click ids."""

    def __init__(self, api: str, product_id: str) -> None:
        self.api, self.product_id, self.session_id = api, product_id, str(uuid4())
        self.batch: list[dict[str, object]] = []

    def step(self) -> None:
        """One batch, accepted when it returns."""
        self.batch = self.batch or [self._click() for _ in range(CLICKS_A_BATCH)]
        answer = httpx2.post(f"{self.api}/v1/tracking/clicks", json=self.batch, timeout=10).raise_for_status()
        assert answer.json()["accepted"] == CLICKS_A_BATCH
        self.batch = []
        time.sleep(0.1)

    def _click(self) -> dict[str, object]:
        return {
            "click_id": str(uuid4()), "name": "Product Viewed", "session_id": self.session_id,
            "occurred_at": datetime.now(UTC).isoformat(), "properties": {"product_id": self.product_id},
        }  # fmt: skip


def kill(line: Line, part: str) -> None:
    """End a part as a power cut would, and wait until it is healed without a person."""
    before = line.parts()[part].process
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)
    eventually(lambda: _healthy(line, part, before), within=60, every=0.5)


def _healthy(line: Line, name: str, before: Process) -> bool:
    part = line.parts().get(name)
    return part is not None and part.state == "healthy" and part.process != before


@pytest.mark.timeout(900)  # each wait in it has its own bound; a machine at a third of its speed needs over 300 s
def test_any_part_may_die(line: Line) -> None:
    """R-NFR-7, R-MOON-1, R-MOON-10: exact after kill -9 of each part under load."""
    owner, seller_id = seller(line.api)
    product_id = product(owner, price=PRICE, stock=100_000)
    buyer, clicker = Buyer(line.api, product_id), Clicker(line.api, product_id)
    orders, clicks = Shoppers(buyer.step), Shoppers(clicker.step)
    orders.start()
    clicks.start()
    for _ in range(ROUNDS):
        for part in random.sample(PARTS, len(PARTS)):
            kill(line, part)
    sold, sent = orders.finish(), clicks.finish() * CLICKS_A_BATCH

    books = (
        f"SELECT sum(units), sum(gross_minor), sum(net_minor) FROM atlantic.books_day WHERE seller_id = '{seller_id}'"
    )
    eventually(lambda: int(line.sql(books)[0][0]) >= sold, within=90)
    landed = (
        f"SELECT count(), uniqExact(event_id) FROM atlantic.landing_clicks WHERE session_id = '{clicker.session_id}'"
    )
    eventually(lambda: int(line.sql(landed)[0][0]) >= sent, within=90)
    eventually(lambda: line.run("reconcile").returncode == 0, within=60)
    units, gross, _ = map(int, line.sql(books)[0])
    assert units in {sold, sold + 1}, "one order may have been paid without its answer being seen"
    assert gross == units * PRICE
    count, distinct = map(int, line.sql(landed)[0])
    assert count == distinct
    assert count in {sent, sent + CLICKS_A_BATCH}, "one batch may have been accepted without its answer being seen"
    assert sold > 0
    stock = owner.get(f"/products/{product_id}/inventory").json()
    eventually(lambda: owner.get(f"/products/{product_id}/inventory").json()["reserved"] == 0, within=60)
    assert stock["on_hand"] >= 100_000 - units - 1
