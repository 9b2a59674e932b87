"""What follows a confirmed order, and nothing before: its goods leave the stock, its shopper is told."""

from typing import Any

import httpx2
import msgspec
import pytest

from api import ids
from api.timeline.packing import unpack
from tests import shop
from tests.api.reactor.order import Db, order_of, reaches, stock
from tests.api.running import reactor, relay
from tests.line import eventually


def movements(db: Db, product: str) -> list[tuple[Any, ...]]:
    return db.execute(
        "SELECT kind, on_hand_delta FROM stock_movements WHERE product_id = %s AND kind <> 'received' ORDER BY version",
        [product],
    ).fetchall()


def messages(db: Db, order_id: str) -> list[str]:
    rows = db.execute("SELECT template FROM notifications WHERE data ->> 'order_id' = %s", [order_id]).fetchall()
    return [str(template) for (template,) in rows]


def test_goods_leave_the_stock_with_the_confirmed_fact_alone(
    api: str, shopper: httpx2.Client, seller: httpx2.Client, db: Db, kafka_bootstrap: str
) -> None:
    """R-INV-6: no request deducts, whatever it is; the reactor does, once, also when it meets the fact again."""
    product = shop.product(seller, price=1200, stock=10)
    order_id = order_of(shopper, product)
    shop.pay(shopper, order_id).raise_for_status()
    for path in (f"/orders/{order_id}", f"/orders/{order_id}/timeline", "/orders", "/cart"):
        shopper.get(path).raise_for_status()
    assert (stock(db, product), movements(db, product)) == ((10, 2), [("reserved", 0)])
    with relay(), reactor(api_url=api):
        reaches(shopper, order_id, "processing")
        eventually(lambda: stock(db, product) == (8, 0))
        again = told_again(db, order_id)
        eventually(lambda: handled(db, again) == handled(db, confirmed(db, order_id)))
    assert stock(db, product) == (8, 0)
    assert movements(db, product) == [("reserved", 0), ("deducted", -2)]


def confirmed_line(db: Db, order_id: str) -> bytes:
    eventually(lambda: published(db, order_id))
    return published(db, order_id)[0]


def published(db: Db, order_id: str) -> list[bytes]:
    rows = db.execute("SELECT lines FROM order_facts WHERE order_id = %s", [order_id]).fetchall()
    return [line for (lines,) in rows for line in unpack(lines) if b'"event":"order.confirmed"' in line]


def confirmed(db: Db, order_id: str) -> str:
    return str(msgspec.json.decode(confirmed_line(db, order_id))["event_id"])


def told_again(db: Db, order_id: str) -> str:
    """The order's confirmation comes once more, as another fact: its id."""
    before, again = confirmed(db, order_id), str(ids.new())
    line = confirmed_line(db, order_id).replace(before.encode(), again.encode(), 1)
    db.execute("INSERT INTO outbox (topic, partition, event_id, line) SELECT 'orders', 0, %s, %s", [again, line])
    return again


def handled(db: Db, event_id: str) -> list[str]:
    """The reactions that a fact has had."""
    rows = db.execute("SELECT reaction FROM inbox WHERE event_id = %s ORDER BY 1", [event_id]).fetchall()
    return [str(reaction) for (reaction,) in rows]


@pytest.mark.usefixtures("kafka_bootstrap")
def test_a_confirmation_follows_the_confirmed_order(
    api: str, shopper: httpx2.Client, seller: httpx2.Client, db: Db, operator: httpx2.Client
) -> None:
    """R-ORD-15: an order that was placed tells nobody, not even when later ones are confirmed; its payment does."""
    product = shop.product(seller, price=1200, stock=10)
    waiting, other = order_of(shopper, product), order_of(shopper, product)
    with relay(), reactor(api_url=api):
        shop.pay(shopper, other).raise_for_status()
        eventually(lambda: "order_confirmation" in messages(db, other))
        assert messages(db, waiting) == []
        shop.pay(shopper, waiting).raise_for_status()
        eventually(lambda: "order_confirmation" in messages(db, waiting))
    shop.sign_in_again(operator)
    facts = operator.get(f"/orders/{waiting}/timeline").raise_for_status().json()["items"]
    (cause,) = [each["event_id"] for each in facts if each["event"] == "order.confirmed"]
    causes = db.execute(
        "SELECT DISTINCT cause_event_id::text FROM notifications WHERE data ->> 'order_id' = %s "
        "AND template = 'order_confirmation'", [waiting],
    ).fetchall()  # fmt: skip
    assert causes == [(cause,)]
