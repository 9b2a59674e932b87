"""Erasure: the person goes, the bare id stays (R-USR-15)."""

import os
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
from redis import Redis

from api.timeline.packing import unpack
from tests import shop
from tests.api.reactor.order import Db, balance, reaches
from tests.line import eventually

NAME, STREET, LABEL = "Zebedee", "4711 Quince Alley", "summer house"


def erase(client: httpx2.Client, password: str = shop.PASSWORD) -> httpx2.Response:
    return client.request("DELETE", "/users/me", json={"password": password})


def found_in(db: Db, *needles: str) -> list[tuple[str, str]]:
    """Which table of the core still holds one of these texts."""
    tables = db.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ).fetchall()
    held = []
    for (table,) in tables:
        text = "convert_from(line, 'utf8')" if table == "outbox" else "r::text"
        for needle in needles:
            row = db.execute(f"SELECT count(*) FROM {table} r WHERE {text} ILIKE %s", [f"%{needle}%"]).fetchone()
            held += [(str(table), needle)] if row and row[0] else []
    kept = b"".join(line for (lines,) in db.execute("SELECT lines FROM order_facts") for line in unpack(lines))
    return held + [("order_facts", needle) for needle in needles if needle.lower() in kept.decode().lower()]


def test_an_erased_person_is_nowhere_and_the_books_stay(
    buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, product: str, db: Db
) -> None:
    """R-USR-15, R-MOON-11: an order that was delivered keeps its area, its money and the bare id."""
    mail, user_id = buyer.headers["X-Person"], buyer.get("/users/me").json()["id"]
    buyer.patch("/users/me", json={"first_name": NAME}).raise_for_status()
    buyer.post("/users/me/addresses", json={**shop.ADDRESS, "street": STREET, "label": LABEL}).raise_for_status()
    shop.put_in_cart(buyer, product, 1)
    body = {"address": {**shop.ADDRESS, "street": STREET, "label": LABEL}, "payment_method": "card"}
    order_id = buyer.post("/checkout", json=body, headers={"Idempotency-Key": str(uuid4())}).json()["order"]["id"]
    shop.pay(buyer, order_id).raise_for_status()
    shop.put_in_cart(buyer, product, 2)
    refused = erase(buyer)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/open-obligations")
    assert refused.json()["orders"] == 1
    parcel = reaches(buyer, order_id, "processing")["shipments"][0]["id"]
    seller.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
    reaches(buyer, order_id, "delivered")
    wish = {"order_id": order_id, "amount_minor": 1, "reason": f"{NAME} found a scratch."}
    refund = buyer.post("/refunds", json=wish).raise_for_status().json()["id"]
    refusal = {"decision": "reject", "note": f"{NAME} made it."}
    operator.post(f"/refunds/{refund}/decision", json=refusal).raise_for_status()
    back = f"/orders/{order_id}/return"
    buyer.post(back, json={"reason": "other", "note": f"{NAME} is sorry."}).raise_for_status()
    seller.post(f"{back}/receive", json={"accepted": False, "note": f"{NAME} sent a box."}).raise_for_status()
    words = {"type": "damaged", "description": f"{NAME} found it in two pieces."}
    buyer.post(f"/orders/{order_id}/complaint", json=words).raise_for_status()
    assert erase(buyer).json()["orders"] == 1
    verdict = {"resolution_type": "rejected"}
    operator.post(f"/orders/{order_id}/complaint/resolve", json=verdict).raise_for_status()
    books = balance(db, order_id)
    assert found_in(db, NAME, STREET, LABEL, mail)
    assert erase(buyer).status_code == 202
    assert buyer.get("/cart").json()["type"] == "/problems/token-revoked"
    login = buyer.post("/auth/login", json={"email": mail, "password": shop.PASSWORD})
    assert (login.status_code, login.json()["type"]) == (401, "/problems/invalid-credentials")
    eventually(lambda: found_in(db, NAME, STREET, LABEL, mail) == [], within=20)
    eventually(lambda: lines_of(db, user_id) == 0)
    kept = db.execute("SELECT user_id::text, shipping_address ->> 'city_name', status FROM orders WHERE id = %s",
                      [order_id]).fetchone()  # fmt: skip
    assert kept == (user_id, "Jakarta Pusat", "delivered")
    assert balance(db, order_id) == books
    seen = seller.get(f"/orders/{order_id}").raise_for_status().json()
    assert "street" not in seen["shipping_address"]
    assert seller.get(f"/shipments/{order_id}").raise_for_status().json()["items"][0]["status"] == "delivered"
    with Redis.from_url(os.environ["ATLANTIC_REDIS_URL"]) as redis:
        copies = [key for key in redis.scan_iter("*") if user_id.encode() in key and not key.startswith(b"refresh:")]
        assert not [key for key in copies if NAME.encode() in (redis.get(key) or b"")]


def lines_of(db: Db, user_id: str) -> int:
    row = db.execute(
        "SELECT count(*) FROM cart_items i JOIN carts c ON c.id = i.cart_id WHERE c.user_id = %s", [user_id]
    ).fetchone()
    assert row
    return int(row[0])


def test_an_erased_address_is_free_again(saga: str, db: Db, operator: httpx2.Client) -> None:
    """R-USR-15: the person may come back as somebody new; the old account is not there, for operators either."""
    with closing(shop.account(saga)) as leaver:
        mail, user_id = leaver.headers["X-Person"], leaver.get("/users/me").json()["id"]
        assert erase(leaver).status_code == 202
        assert operator.get(f"/users/{user_id}").status_code == 404
        person = {
            "email": mail,
            "password": shop.PASSWORD,
            "first_name": "A",
            "last_name": "B",
            "phone": "+442079460000",
        }
        again = leaver.post("/auth/register", json=person).raise_for_status().json()
        assert again["user"]["id"] != user_id


def test_erasure_wants_the_password(buyer: httpx2.Client) -> None:
    """E-USR-18: 401, and 422 without one."""
    assert erase(buyer, "wrong password").json()["type"] == "/problems/invalid-credentials"
    refused = buyer.request("DELETE", "/users/me", json={})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/validation-failed")
    assert buyer.get("/users/me").status_code == 200


def test_a_balance_keeps_the_account(buyer: httpx2.Client, db: Db) -> None:
    """R-USR-15: the money in a wallet is spent first."""
    user_id = buyer.get("/users/me").json()["id"]
    db.execute(
        "INSERT INTO wallets (id, user_id, currency, balance_minor) VALUES (uuidv7(), %s, 'GBP', 250)", [user_id]
    )
    refused = erase(buyer)
    assert (refused.status_code, refused.json()["balance_minor"]) == (409, 250)


def test_a_shop_is_closed_before_its_owner_leaves(
    saga: str, category: str, operator: httpx2.Client, db: psycopg.Connection[tuple[Any, ...]]
) -> None:
    """R-USR-15, R-SEL-5: afterwards only its name is left."""
    owner, seller_id = shop.seller(saga)
    with closing(owner):
        owner.patch(f"/sellers/{seller_id}", json={"legal_name": f"{NAME} Ltd"}).raise_for_status()
        system = {"url": f"https://{NAME}.example.com/hear", "events": ["order.confirmed"]}
        owner.post("/sellers/me/webhooks", json=system).raise_for_status()
        owner.post("/sellers/me/keys", json={"name": f"{NAME}'s till", "scopes": ["orders:read"]}).raise_for_status()
        assert erase(owner).json()["type"] == "/problems/open-obligations"
        operator.patch(f"/sellers/{seller_id}", json={"status": "closed"}).raise_for_status()
        assert erase(owner).status_code == 202
    eventually(lambda: found_in(db, f"{NAME} Ltd", f"{NAME}.example.com", f"{NAME}'s till") == [])
    assert operator.get(f"/sellers/{seller_id}").json()["legal_name"] == ""


def test_nobody_erases_unsigned(saga: str) -> None:
    """E-USR-18."""
    assert httpx2.request("DELETE", f"{saga}/v1/users/me", json={"password": "x"}).status_code == 401
