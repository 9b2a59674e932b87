"""A timeline is complete while the log is away, and stays the same when it is back (E-ORD-12, R-API-16)."""

from typing import Any

import httpx2
import psycopg

from api import ids
from api.outbox import Fact
from streams.events.notifications import NotificationRead
from tests import shop
from tests.api.relay import the_log
from tests.api.running import relay
from tests.line import eventually


def facts(operator: httpx2.Client, order_id: str) -> dict[str, dict[str, Any]]:
    found = operator.get(f"/orders/{order_id}/timeline").raise_for_status().json()["items"]
    told = {each["event_id"]: each for each in found}
    assert len(told) == len(found)
    return told


def paid_by_wallet(shopper: httpx2.Client, product: str) -> str:
    filled = {"amount_minor": 5000, "currency": "GBP", "gateway_token": shop.APPROVED}
    shopper.post("/wallet/top-ups", json=filled).raise_for_status()
    shop.put_in_cart(shopper, product, 2)
    body = {"address": shop.ADDRESS, "payment_method": "wallet"}
    headers = {"Idempotency-Key": str(ids.new())}
    order: str = shopper.post("/checkout", json=body, headers=headers).raise_for_status().json()["order"]["id"]
    intent = shopper.post("/payments/intent", json={"order_id": order}).raise_for_status().json()
    shopper.post("/payments/confirm", json={"payment_id": intent["id"]}).raise_for_status()
    return order


def read(db: psycopg.Connection[tuple[Any, ...]], order_id: str) -> None:
    """A message about an order was read."""
    message = ids.new()
    db.execute(
        "INSERT INTO notifications (id, user_id, type, channel, recipient, data) SELECT %s, user_id, 'x', 'in_app', "
        "'x', jsonb_build_object('order_id', id::text) FROM orders WHERE id = %s", [message, order_id],
    )  # fmt: skip
    the_log.write(db, Fact(NotificationRead(notification_id=message, type="x"), seq=2))


def test_what_waits_is_told_too(
    shopper: httpx2.Client,
    seller: httpx2.Client,
    operator: httpx2.Client,
    kafka_bootstrap: str,
    db: psycopg.Connection[tuple[Any, ...]],
) -> None:
    """Also what does not name its order: the wallet's change; the top-up and another's order do not belong to it."""
    product = shop.product(seller, price=1200, stock=10)
    one, other = paid_by_wallet(shopper, product), paid_by_wallet(shopper, product)
    for order_id in (one, other):
        read(db, order_id)
    before = facts(operator, one)
    assert not any(each["published"] for each in before.values())
    told = sorted(each["event"] for each in before.values())
    assert told == [
        "cart.checked_out", "journal.posted", "journal.posted", "notification.read", "order.created", "order.validated",
        "payment.created", "payment.succeeded", "stock.moved", "stock.reserved", "wallet.changed",
    ]  # fmt: skip
    assert not before.keys() & facts(operator, other).keys()
    with relay():
        eventually(lambda: all(each["published"] for each in facts(operator, one).values()), within=60)
    after = facts(operator, one)
    assert {key: each | {"published": False} for key, each in after.items()} == before
    assert db.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
