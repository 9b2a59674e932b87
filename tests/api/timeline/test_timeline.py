"""An order's timeline over HTTP, from the checkout to the refund (E-ORD-12, R-MOON-9)."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from api import ids
from api.timeline.packing import unpack
from tests import shop
from tests.api.reactor.order import reaches
from tests.line import eventually

Db = psycopg.Connection[tuple[Any, ...]]
Items = list[dict[str, Any]]
RETURNED_WITH = ("refund.succeeded", "order.refunded", "notification.read")


def items(client: httpx2.Client, order: str) -> Items:
    found: Items = client.get(f"/orders/{order}/timeline").raise_for_status().json()["items"]
    return found


def names(found: Items) -> list[str]:
    return [each["event"] for each in found]


def published(client: httpx2.Client, order: str) -> Items:
    found = items(client, order)
    return found if all(each["published"] for each in found) else []


@pytest.fixture(scope="module")
def buyer(saga: str) -> Iterator[httpx2.Client]:
    with closing(shop.account(saga)) as client:
        yield client


@pytest.fixture(scope="module")
def other(saga: str, category: str) -> Iterator[httpx2.Client]:
    """A second seller with a part in the order."""
    with closing(shop.seller(saga)[0]) as client:
        yield client


@pytest.fixture(scope="module")
def order(buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, operator: httpx2.Client) -> dict[str, Any]:
    """An order of two sellers that was paid, delivered, sent back in part and refunded; the rest was not taken."""
    shop.put_in_cart(buyer, shop.product(seller, price=1200, stock=10), 2)
    shop.put_in_cart(buyer, shop.product(other, price=500, stock=10), 1)
    order_id = shop.checkout(buyer)["id"]
    shop.pay(buyer, order_id).raise_for_status()
    placed = reaches(buyer, order_id, "processing")
    for parcel in placed["shipments"]:
        mine = next(each for each in (seller, other) if each.headers["X-Seller"] == parcel["seller_id"])
        mine.patch(f"/shipments/{parcel['id']}", json={"status": "delivered"}).raise_for_status()
    reaches(buyer, order_id, "delivered")
    line = next(each for each in placed["items"] if each["seller_id"] == seller.headers["X-Seller"])
    wish = {"reason": "defect", "items": [{"order_item_id": line["id"], "quantity": 1}]}
    buyer.post(f"/orders/{order_id}/return", json=wish).raise_for_status()
    seller.post(f"/orders/{order_id}/return/receive", json={"restock": True}).raise_for_status()
    settled(buyer, other, placed)
    buyer.post(f"/orders/{order_id}/return", json={"reason": "changed_mind"}).raise_for_status()
    operator.post(f"/orders/{order_id}/return/receive", json={"accepted": False}).raise_for_status()
    inbox = buyer.get("/notifications", params={"channel": "in_app"}).raise_for_status().json()["items"]
    about = next(each for each in inbox if each["type"] == "order_confirmation")
    buyer.patch(f"/notifications/{about['id']}/read").raise_for_status()
    eventually(lambda: set(RETURNED_WITH) <= set(names(items(operator, order_id))), within=30)
    eventually(lambda: names(items(operator, order_id)).count("order.refunded") == 2, within=30)
    return placed


def settled(buyer: httpx2.Client, owner: httpx2.Client, order: dict[str, Any]) -> None:
    """A seller pays a part of the own line back that its shopper complains about."""
    path = f"/orders/{order['id']}/complaint"
    line = next(each for each in order["items"] if each["seller_id"] == owner.headers["X-Seller"])
    about = {"type": "damaged", "description": "It is scratched.", "order_item_id": line["id"]}
    buyer.post(path, json=about).raise_for_status()
    owner.post(f"{path}/resolve", json={"resolution_type": "refund", "amount_minor": 100}).raise_for_status()


def facts_of(db: Db, order_id: str) -> list[bytes]:
    rows = db.execute("SELECT lines FROM order_facts WHERE order_id = %s ORDER BY id", [order_id])
    return [line for (lines,) in rows for line in unpack(lines)]


def test_operators_see_every_fact_after_its_cause(operator: httpx2.Client, order: dict[str, Any], db: Db) -> None:
    """R-MOON-9: hold, payment, saga, parcels, messages, money and return; each cause stands before what follows."""
    found = eventually(lambda: published(operator, order["id"]))
    told = names(found)
    for name in (
        "stock.reserved", "stock.moved", "order.created", "order.validated", "cart.checked_out", "payment.created",
        "payment.succeeded", "journal.posted", "order.confirmed", "stock.deducted", "cart.converted",
        "shipment.created", "order.processing.started", "shipment.tracked", "order.shipped", "order.delivered",
        "order.return.requested", "order.returned", "refund.requested", "refund.approved", "notification.sent",
        *RETURNED_WITH,
    ):  # fmt: skip
        assert name in told, name
    place = {each["event_id"]: at for at, each in enumerate(found)}
    assert len(place) == len(found)
    for at, each in enumerate(found):
        assert each["causation_id"] is None or place[each["causation_id"]] < at, each
    confirmed = found[told.index("order.confirmed")]
    assert confirmed["causation_id"] == found[told.index("payment.succeeded")]["event_id"]
    back = [each for each in found if each["event"] == "stock.moved" and each["payload"]["cause_type"] == "return"]
    assert [each["payload"]["on_hand_delta"] for each in back] == [1]
    kept: list[str] = [json.loads(line)["event_id"] for line in facts_of(db, order["id"])]
    assert len(set(kept)) == len(kept)
    assert set(place) <= set(kept)


def test_all_of_it_and_nothing_else_is_there(operator: httpx2.Client, order: dict[str, Any], db: Db) -> None:
    """Every row of the books that belongs to the order is told of: payment, entries, parcels, refunds, messages."""
    sent = db.execute(
        "SELECT id::text FROM notifications WHERE data ->> 'order_id' = %s AND status = 'sent'", [order["id"]]
    ).fetchall()
    told = {each["aggregate_id"] for each in items(operator, order["id"])}
    assert {row[0] for row in sent} <= told
    for table in ("payments", "journal_entries", "shipments", "refunds", "reservations"):
        rows = db.execute(f"SELECT id::text FROM {table} WHERE order_id = %s", [order["id"]]).fetchall()
        assert rows
        assert {row[0] for row in rows} <= told, table
    text = b"\n".join(facts_of(db, order["id"])).decode()
    assert str(shop.ADDRESS["street"]) not in text, "R-EVT-8"
    assert "Lestari" not in text


def test_shoppers_see_their_own(buyer: httpx2.Client, order: dict[str, Any]) -> None:
    """By order number too; no books, no shelves, no message to somebody else."""
    found = items(buyer, order["order_number"])
    told = names(found)
    assert {"order.created", "payment.succeeded", "shipment.tracked", "refund.succeeded", "notification.sent"} <= set(
        told
    )
    assert not {"journal.posted", "stock.moved"} & set(told)
    user_id = buyer.get("/users/me").json()["id"]
    assert {each["payload"]["user_id"] for each in found if each["event"] == "notification.sent"} == {user_id}
    known = {each["event_id"] for each in found}
    assert {each["causation_id"] for each in found} <= known | {None}
    assert "commission" not in str(found)


def test_sellers_see_own_lines(
    seller: httpx2.Client, other: httpx2.Client, order: dict[str, Any], buyer: httpx2.Client
) -> None:
    """R-SEL-1: neither the other seller's goods, parcels and money, nor what the shopper paid for all."""
    mine = seller.headers["X-Seller"]
    foreign = {each["product_id"] for each in order["items"] if each["seller_id"] != mine}
    foreign |= {each["id"] for each in order["items"] if each["seller_id"] != mine}
    foreign |= {each["id"] for each in order["shipments"] if each["seller_id"] != mine}
    foreign |= {other.headers["X-Seller"], buyer.get("/users/me").json()["id"]}
    found = items(seller, order["id"])
    text = str([each["payload"] for each in found])
    assert not [value for value in foreign if value in text]
    told = names(found)
    assert not {"payment.created", "payment.succeeded", "complaint.opened"} & set(told)
    assert {"order.created", "shipment.tracked", "order.returned", "journal.posted", "stock.moved"} <= set(told)
    created = found[told.index("order.created")]["payload"]
    assert [line["total_minor"] for line in created["items"]] == [2400]
    assert "total_minor" not in created
    assert "order.returned" not in names(items(other, order["id"]))


def test_sellers_see_the_refunds_that_they_may_read(
    seller: httpx2.Client, other: httpx2.Client, order: dict[str, Any]
) -> None:
    """E-ORD-12, R-SEL-1: of own goods that came back, of a verdict on an own line; not whether all of it is back."""
    money: dict[str, list[int]] = {}
    for owner, name in ((seller, "seller"), (other, "other")):
        mine = owner.get("/refunds", params={"order_id": order["id"]}).raise_for_status().json()["items"]
        found = items(owner, order["id"])
        told = [each["payload"] for each in found if "refund" in each["event"]]
        assert {each["refund_id"] for each in told} == {each["id"] for each in mine}, name
        assert not [each for each in told if "full" in each], name
        assert {"refund.approved", "refund.succeeded", "order.refunded", "order.return.rejected"} <= set(names(found))
        money[name] = [each["amount_minor"] for each in mine]
    assert money == {"seller": [1200], "other": [100]}


def test_a_seller_alone_in_an_order_sees_its_refunds(buyer: httpx2.Client, seller: httpx2.Client, saga: str) -> None:
    """What several sellers have part in is for operators; what one has, is that one's."""
    shop.put_in_cart(buyer, shop.product(seller, price=700, stock=1), 1)
    order_id = shop.checkout(buyer)["id"]
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    seller.post(f"/orders/{order_id}/cancel", json={"reason": "seller_request"}).raise_for_status()
    eventually(lambda: "refund.succeeded" in names(items(seller, order_id)) or None, within=20)


def test_nobody_else_sees_anything(saga: str, order: dict[str, Any], seller: httpx2.Client) -> None:
    """Foreign orders and unknown ones are not there; without a token 401."""
    with closing(shop.account(saga)) as stranger, closing(shop.seller(saga)[0]) as shopless:
        for client in (stranger, shopless):
            for name in (order["id"], order["order_number"], str(uuid4()), "ATL-NONE"):
                answer = client.get(f"/orders/{name}/timeline")
                assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert httpx2.get(f"{saga}/v1/orders/{order['id']}/timeline").status_code == 401
    answer = seller.get(f"/orders/{order['id']}/timeline", params={"limit": 1})
    assert [each["field"] for each in answer.json()["errors"]] == ["query.limit"]


def test_the_facts_go_with_the_order(db: Db, shopper: httpx2.Client) -> None:
    """Retention: a deleted order leaves no facts behind."""
    order_id, user_id = ids.new(), shopper.get("/users/me").raise_for_status().json()["id"]
    db.execute(
        "INSERT INTO orders (id, order_number, user_id, currency, subtotal_minor, total_minor, shipping_address, "
        "payment_method) VALUES (%s, %s, %s, 'GBP', 0, 0, '{}', 'card')",
        [order_id, str(order_id)[:32], user_id],
    )
    db.execute("INSERT INTO order_facts VALUES (%s, 1, 1, now(), 'x')", [order_id])
    db.execute("DELETE FROM orders WHERE id = %s", [order_id])
    assert db.execute("SELECT count(*) FROM order_facts WHERE order_id = %s", [order_id]).fetchone() == (0,)
