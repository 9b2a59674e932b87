"""Sellers' own systems call the API by keys that may do what their scopes say, and no more."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from api.keyring import SCOPES
from api.keys.service import MOST_KEYS
from tests import shop
from tests.api.base.operations import all_of

Database = psycopg.Connection[Any]
System = Callable[..., httpx2.Client]


@pytest.fixture
def system(api: str, seller: httpx2.Client) -> Iterator[System]:
    """Makes a system of the seller's, with a key of some scopes."""
    opened: list[httpx2.Client] = []

    def make(*scopes: str, owner: httpx2.Client = seller) -> httpx2.Client:
        made = owner.post("/sellers/me/keys", json={"name": "Warehouse", "scopes": scopes}).raise_for_status().json()
        client = httpx2.Client(base_url=f"{api}/v1", headers={"Authorization": f"Bearer {made['key']}"}, timeout=20)
        client.headers["X-Key"] = made["id"]
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


def test_a_key_does_what_its_scopes_say(seller: httpx2.Client, system: System) -> None:
    """Reading is not writing, and one area is not the other."""
    product = shop.product(seller, price=100, stock=5)
    warehouse = system("inventory:write", "inventory:read")
    assert warehouse.post(f"/inventory/{product}", json={"quantity": 3, "reason": "received"}).json()["on_hand"] == 8
    assert warehouse.get(f"/inventory/{product}").json()["on_hand"] == 8
    denied = warehouse.patch(f"/products/{product}", json={"price_minor": 1})
    assert (denied.status_code, "catalog:write" in denied.json()["detail"]) == (403, True)
    reader = system("inventory:read")
    assert reader.post(f"/inventory/{product}", json={"quantity": 3, "reason": "received"}).status_code == 403


def test_a_key_is_no_person(seller: httpx2.Client, system: System) -> None:
    """The account, its cart, its wallet and its keys stay out of reach, whatever the scopes."""
    every = system(*SCOPES)
    for path in ("/users/me", "/cart", "/wallet", "/sellers/me/keys", "/notifications"):
        denied = every.get(path)
        assert (denied.status_code, "No API key" in denied.json()["detail"]) == (403, True), path
    assert every.patch("/users/me", json={"first_name": "Eve"}).status_code == 403
    bought = ("/checkout", "/payments/intent", "/payments/confirm", "/wallet/top-ups", "/reviews", "/sellers")
    for path in (*bought, f"/orders/{uuid4()}/complaint"):
        denied = every.post(path, json={})
        assert (denied.status_code, "No API key" in denied.json()["detail"]) == (403, True), path
    assert every.post("/auth/logout").status_code == 401
    assert every.get("/sellers/me").json()["id"] == seller.headers["X-Seller"]


def test_a_key_of_an_operator_who_sells_is_only_a_seller(api: str, db: Database, system: System) -> None:
    """Scopes narrow what a seller may do; they never widen it to what the account may do besides."""
    with closing(shop.seller(api)[0]) as owner:
        db.execute("UPDATE users SET roles = '{shopper,seller,admin}' WHERE email = %s", [owner.headers["X-Person"]])
        shop.sign_in_again(owner)
        assert owner.get("/ledger/entries").status_code == 200
        key = system("ledger:read", "sellers:read", "catalog:write", owner=owner)
        assert key.get("/ledger/entries").status_code == 403
        assert key.post("/categories", json={"name": "Taken over"}).status_code == 403


def test_a_foreign_sellers_things_stay_foreign(api: str, seller: httpx2.Client, system: System) -> None:
    """A key sees what its seller sees (R-SEL-1)."""
    with closing(shop.seller(api)[0]) as other:
        theirs = shop.product(other, price=100, stock=5)
        mine = system("inventory:read", "inventory:write", "catalog:write")
        assert mine.get(f"/inventory/{theirs}").status_code == 404
        assert mine.patch(f"/products/{theirs}", json={"price_minor": 1}).status_code == 404
        assert other.delete(f"/sellers/me/keys/{mine.headers['X-Key']}").status_code == 404


def test_a_revoked_expired_or_invented_key_is_refused(
    seller: httpx2.Client, system: System, db: Database, api: str
) -> None:
    """From the next call on; a repeat of the revocation changes nothing."""
    client = system("catalog:read")
    assert client.get("/products").status_code == 200
    for _ in range(2):
        assert seller.delete(f"/sellers/me/keys/{client.headers['X-Key']}").status_code == 204
    assert client.get("/products").status_code == 401
    old = system("catalog:read")
    db.execute("UPDATE api_keys SET expires_at = now() - interval '1 s' WHERE id = %s", [old.headers["X-Key"]])
    assert old.get("/products").status_code == 401
    invented = {"Authorization": f"Bearer atl_{uuid4().hex}"}
    assert httpx2.get(f"{api}/v1/products", headers=invented).status_code == 401


def test_a_disabled_account_has_no_keys_in_force(api: str, db: Database, system: System) -> None:
    """Nor has one that sells no more (R-USR-12)."""
    with closing(shop.seller(api)[0]) as owner:
        key, person = system("catalog:read", owner=owner), owner.headers["X-Person"]
        db.execute("UPDATE users SET roles = '{shopper}' WHERE email = %s", [person])
        assert key.get("/products").status_code == 401
        db.execute("UPDATE users SET roles = '{shopper,seller}' WHERE email = %s", [person])
        db.execute("UPDATE credentials SET status = 'disabled' WHERE email = %s", [person])
        assert key.get("/products").status_code == 401


def test_a_key_knows_nothing_of_what_its_owner_buys(
    api: str, category: str, seller: httpx2.Client, system: System
) -> None:
    """It acts for the shop: orders, parcels, payments and refunds of the account as a shopper are somebody else's."""
    with closing(shop.seller(api)[0]) as owner:
        own, key = shop.product(owner, price=100, stock=5), system(*SCOPES, owner=owner)
        shop.buy(owner, shop.product(seller, price=100, stock=5), 1).raise_for_status()
        bought = owner.get("/orders").json()["items"][0]["id"]
        assert owner.post("/refunds", json={"order_id": bought, "reason": "late"}).status_code == 201
        for lists in ("/orders", "/refunds", "/complaints"):
            assert key.get(lists).json()["items"] == [], lists
        details = (f"/orders/{bought}", f"/orders/{bought}/timeline", f"/orders/{bought}/complaint")
        for path in (*details, f"/payments/{bought}", f"/shipments/{bought}"):
            assert key.get(path).status_code == 404, path
        shop.put_in_cart(owner, own, 1)
        asked = key.post("/shipping/rates", json={"destination": {"province_id": 31}})
        assert (asked.status_code, key.get("/reviews?mine=true").status_code) == (401, 403)
        for path, body in (("cancel", {}), ("return", {"reason": "other"})):
            assert key.post(f"/orders/{bought}/{path}", json=body).status_code == 404, path
        assert key.post("/refunds", json={"order_id": bought, "reason": "late"}).status_code == 404
        assert owner.get(f"/orders/{bought}").json()["status"] == "pending"


def test_a_key_sees_the_shops_side_of_what_its_owner_buys_there(api: str, category: str, system: System) -> None:
    """And gives its owner nothing back: nobody decides on an own order."""
    with closing(shop.seller(api)[0]) as owner:
        key = system(*SCOPES, owner=owner)
        shop.buy(owner, shop.product(owner, price=100, stock=5), 1).raise_for_status()
        mine = owner.get("/orders").json()["items"][0]
        assert (mine["payment"]["status"], mine["allowed_actions"]) == ("success", ["pay", "cancel"])
        [seen] = key.get("/orders").json()["items"]
        assert (seen, seen["payment"], seen["allowed_actions"]) == (
            owner.get("/orders?view=seller").json()["items"][0], None, ["cancel"],
        )  # fmt: skip
        assert key.get(f"/payments/{seen['id']}").json() == {"status": "success"}
        assert key.post("/refunds", json={"order_id": seen["id"], "reason": "late"}).status_code == 403
        assert key.post(f"/orders/{seen['id']}/return", json={"reason": "other"}).status_code == 404
        assert key.post(f"/orders/{seen['id']}/cancel", json={"reason": "seller_request"}).status_code == 200


def test_every_scope_allows_something(api: str, system: System) -> None:
    """A scope that opened nothing would promise what is not there."""
    document = httpx2.get(f"{api}/openapi.json", timeout=60).json()
    for scope in SCOPES:
        key, (area, action) = system(scope), scope.split(":")
        key.base_url = httpx2.URL(api)
        said = {
            key.request(each.method, each.address, json=None if each.method == "get" else {"no_such_field": 1})
            for each in all_of(document)
            if each.told["tags"][0] == area and (each.method == "get") == (action == "read")
        }
        assert {answer.status_code for answer in said} - {401, 403}, scope


def test_a_scope_that_is_no_more_is_left_out(seller: httpx2.Client, db: Database) -> None:
    """Keys that were made with it still do the rest."""
    made = seller.post("/sellers/me/keys", json={"name": "Till", "scopes": ["reviews:read"]}).json()
    db.execute("UPDATE api_keys SET scopes = '{reviews:read,reviews:write}' WHERE id = %s", [made["id"]])
    listed = next(each for each in seller.get("/sellers/me/keys").json()["items"] if each["id"] == made["id"])
    assert listed["scopes"] == ["reviews:read"]
    refused = seller.post("/sellers/me/keys", json={"name": "Till", "scopes": ["reviews:write"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.scopes.0")


def test_a_key_is_shown_once_and_kept_as_a_hash(seller: httpx2.Client, db: Database) -> None:
    """The list tells how it begins and when it was used."""
    made = seller.post("/sellers/me/keys", json={"name": "Till", "scopes": ["orders:read", "orders:read"]}).json()
    listed = next(each for each in seller.get("/sellers/me/keys").json()["items"] if each["id"] == made["id"])
    assert (listed["hint"], listed["scopes"], listed["last_used_at"]) == (made["key"][:12], ["orders:read"], None)
    assert "key" not in listed
    stored = db.execute("SELECT api_keys::text FROM api_keys WHERE id = %s", [made["id"]]).fetchone()
    assert stored
    assert made["key"] not in stored[0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": []}, "body.scopes"),
        ({"scopes": ["accounts:write"]}, "body.scopes.0"),
        ({"name": ""}, "body.name"),
        ({"expires_at": (datetime.now(UTC) - timedelta(days=1)).isoformat()}, "body.expires_at"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(seller: httpx2.Client, change: dict[str, Any], field: str) -> None:
    """The field is named (R-API-3)."""
    answer = seller.post("/sellers/me/keys", json={"name": "Till", "scopes": ["orders:read"]} | change)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_only_sellers_have_keys(api: str) -> None:
    """A shopper has nothing that a system could look after."""
    with closing(shop.account(api)) as shopper:
        assert shopper.get("/sellers/me/keys").status_code == 403
    assert httpx2.get(f"{api}/v1/sellers/me/keys").status_code == 401


def test_two_at_once_do_not_both_get_the_last_place(api: str) -> None:
    """R-NFR-4: a shop has at most fifty keys that count."""
    with closing(shop.seller(api)[0]) as owner, ThreadPoolExecutor(8) as calls:

        def made(_: int) -> int:
            return owner.post("/sellers/me/keys", json={"name": "k", "scopes": ["ledger:read"]}).status_code

        assert [made(n) for n in range(MOST_KEYS - 2)] == [201] * (MOST_KEYS - 2)
        assert sorted(calls.map(made, range(8))) == [201] * 2 + [422] * 6
