"""Messages that services and operators ask for (E-NOT-3)."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from streams.events.orders import OrderConfirmed
from tests import shop
from tests.api.notifications.conftest import Db, Happened, messages, user_of


def test_a_template_in_the_readers_language(reader: httpx2.Client, operator: httpx2.Client, db: Db) -> None:
    """E-NOT-3: 202 with the ids; a repeat with the same key sends nothing more."""
    user = user_of(reader)
    db.execute("UPDATE users SET locale = 'id-ID' WHERE id = %s", [user])
    body = {"user_id": str(user), "type": "welcome", "template": "welcome", "channels": ["email", "in_app"]}
    answers = [
        operator.post("/notifications", json=body, headers={"Idempotency-Key": "one"}).raise_for_status()
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    rows = messages(db, user)
    assert [str(row["id"]) for row in rows] == sorted(answers[0].json()["ids"])
    assert rows[0]["content"].startswith("Halo Ayu")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"user_id": "?", "type": "welcome", "template": "welcome"}, "body.user_id"),
        ({"type": "nothing", "template": "welcome"}, "body.type"),
        ({"template": "no such"}, "body.template"),
        ({"type": "welcome"}, "body.template"),
        ({"template": "welcome"}, "body.type"),
        ({"type": "welcome", "template": "welcome", "channels": ["email", "email"]}, "body.channels"),
        ({"type": "welcome", "template": "welcome", "channels": ["pigeon"]}, "body.channels.0"),
        ({"type": "low_stock", "template": "low_stock"}, "body.data"),
        ({"type": "welcome", "subject": "A"}, "body.content"),
        ({"type": "welcome", "subject": "A\r\nB", "content": "C"}, "body.subject"),
        ({"order_id": str(uuid4()), "status": "lost"}, "body.status"),
        ({"type": "welcome", "template": "welcome", "subject": "A"}, "body.subject"),
        ({"type": "welcome", "template": "welcome", "seller_id": str(uuid4())}, "body.seller_id"),
        ({"order_id": str(uuid4())}, "body.status"),
        ({"order_id": str(uuid4()), "status": "paid", "type": "welcome"}, "body.type"),
        ({"audience": "shoppers", "type": "welcome", "template": "welcome"}, "body.type"),
        ({"audience": "buyers", "type": "promote", "template": "promote"}, "body.seller_id"),
        ({"type": "welcome", "template": "welcome", "who": "me"}, "body.who"),
    ],
)
def test_what_is_wrong_is_named(
    reader: httpx2.Client, operator: httpx2.Client, body: dict[str, Any], field: str
) -> None:
    to = {} if not body or {"order_id", "audience"} & body.keys() else {"user_id": str(user_of(reader))}
    refused = operator.post("/notifications", json=to | body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


def test_who_may_ask(reader: httpx2.Client, operator: httpx2.Client, db: Db, api: str) -> None:
    """Operators and services; an audience is for operators."""
    user = user_of(reader)
    body = {"user_id": str(user), "type": "welcome", "template": "welcome"}
    audience = {"audience": "shoppers", "type": "promote", "template": "promote",
                "data": {"headline": "New", "code": ""}}  # fmt: skip
    with httpx2.Client() as nobody:
        assert nobody.post(f"{api}/v1/notifications", json=body).status_code == 401
    assert reader.post("/notifications", json=body).status_code == 403
    assert operator.post("/notifications", json=body | {"user_id": str(uuid4())}).status_code == 404
    db.execute("UPDATE users SET roles = '{shopper,service}' WHERE id = %s", [user])
    assert reader.post("/notifications", json=body).status_code == 202
    assert reader.post("/notifications", json=audience).status_code == 403


def test_the_message_of_an_orders_status_is_sent_once(
    seller: httpx2.Client, reader: httpx2.Client, operator: httpx2.Client, db: Db, happened: Happened
) -> None:
    """E-NOT-3, R-NOT-1: whoever asks first, and whether the fact or the call comes first; by its alias as well."""
    product = shop.product(seller, price=1200, stock=10)
    user = user_of(reader)
    shop.put_in_cart(reader, product, 2)
    order = shop.checkout(reader)
    asked = {"order_id": order["id"], "status": "paid"}
    too_soon = operator.post("/notifications", json=asked)
    assert (too_soon.status_code, too_soon.json()["current_status"]) == (409, "pending")
    db.execute("UPDATE orders SET status = 'paid' WHERE id = %s", [order["id"]])
    assert operator.post("/notifications", json=asked).json()["accepted"] == 2
    assert operator.post("/notifications", json=asked).json() == {"accepted": 0, "ids": []}
    assert operator.post(f"/notifications/{order['id']}/paid").json() == {"accepted": 0, "ids": []}
    happened(OrderConfirmed(order_id=UUID(order["id"]), status="paid", payment_method="card"))
    assert len(messages(db, user, type="order_confirmation")) == 2
    assert len(messages(db, user_of(seller), type="new_order")) == 2
    (item,) = reader.get("/notifications", params={"type": "order_confirmation"}).json()["items"]
    assert item["target"] == {"kind": "order", "id": order["id"], "label": order["order_number"],
                              "path": f"/v1/orders/{order['id']}"}  # fmt: skip
    assert order["order_number"] in item["content"]


@pytest.mark.parametrize("expected", [("shipped", "order_shipped"), ("delivered", "order_delivered"),
                                               ("cancelled", "order_cancelled"), ("returned", "return_update"),
                                               ("refunded", "refund_update")])  # fmt: skip
def test_every_status_has_its_message(
    seller: httpx2.Client, reader: httpx2.Client, operator: httpx2.Client, db: Db, expected: tuple[str, str]
) -> None:
    """E-NOT-3, by its alias."""
    status, type_ = expected
    shop.put_in_cart(reader, shop.product(seller, price=1200, stock=10), 1)
    order_id = shop.checkout(reader)["id"]
    db.execute("UPDATE orders SET status = %s WHERE id = %s", [status, order_id])
    answer = operator.post(f"/notifications/{order_id}/{status}")
    assert (answer.status_code, answer.json()["accepted"] >= 2) == (202, True)
    assert {row["type"] for row in messages(db, user_of(reader))} == {type_}
    assert all(row["status"] != "failed" for row in messages(db, user_of(reader)))


def test_orders_that_are_not_there(operator: httpx2.Client) -> None:
    assert operator.post(f"/notifications/{uuid4()}/shipped").status_code == 404
    assert operator.post(f"/notifications/{uuid4()}/pending").status_code == 422
