"""kill -9 of the reactor while orders flow: every order ends as if nothing had happened (R-ORD-9, R-ORD-10)."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing

import httpx2

from tests import shop
from tests.api.reactor.order import Db, order_of, stock
from tests.api.running import reactor, relay
from tests.line import eventually

ORDERS, KILLS = 12, 2


def test_a_killed_reactor_leaves_no_order_behind(
    api: str, kafka_bootstrap: str, env: dict[str, str], seller: httpx2.Client, db: Db
) -> None:
    product = shop.product(seller, price=100, stock=ORDERS)
    with closing(shop.account(api)) as buyer, relay():
        orders: list[str] = []
        for _ in range(KILLS):
            with subprocess.Popen([sys.executable, "-m", "api.reactor.process"], env=os.environ | env) as process:
                try:
                    for _ in range(ORDERS // KILLS):
                        orders.append(order_of(buyer, product, units=1))
                        shop.pay(buyer, orders[-1]).raise_for_status()
                    eventually(lambda: confirmed(db, orders) > len(orders) - ORDERS // KILLS, within=60, every=0.01)
                    time.sleep(random.random() / 10)
                finally:
                    process.send_signal(signal.SIGKILL)
        with reactor(api_url=api):
            eventually(lambda: status_of(db, orders) == {"processing": ORDERS}, within=60)
            eventually(lambda: stock(db, product) == (0, 0), within=30)
    parcels = db.execute("SELECT count(*), count(DISTINCT order_id) FROM shipments WHERE order_id = ANY(%s)", [orders])
    assert parcels.fetchone() == (ORDERS, ORDERS)
    deducted = "SELECT count(*) FROM stock_movements WHERE product_id = %s AND kind = 'deducted'"
    assert db.execute(deducted, [product]).fetchone() == (ORDERS,)


def status_of(db: Db, orders: list[str]) -> dict[str, int]:
    rows = db.execute("SELECT status, count(*) FROM orders WHERE id = ANY(%s) GROUP BY 1", [orders])
    return {str(status): int(count) for status, count in rows}


def confirmed(db: Db, orders: list[str]) -> int:
    return len(orders) - status_of(db, orders).get("pending", 0)
