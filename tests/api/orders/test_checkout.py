"""Checkout over HTTP: one order of a cart, its stock held, and nothing at all when it is refused."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop

Db = psycopg.Connection[tuple[Any, ...]]


def cart_with(
    shopper: httpx2.Client, seller: httpx2.Client, *, price: int = 1250, stock: int = 10, units: int = 2
) -> str:
    product_id = shop.product(seller, price=price, stock=stock)
    shop.put_in_cart(shopper, product_id, units)
    return product_id


def checkout(shopper: httpx2.Client, key: str | None = None, **more: object) -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return shopper.post("/checkout", json={"address": shop.ADDRESS, "payment_method": "card", **more}, headers=headers)


def count(db: Db, query: str, *values: object) -> int:
    row = db.execute(query, values).fetchone()
    assert row
    return int(row[0])


def events(db: Db, needle: str) -> list[str]:
    rows = db.execute(
        "SELECT convert_from(line, 'UTF8')::json ->> 'event' FROM outbox WHERE convert_from(line, 'UTF8') LIKE %s "
        "ORDER BY id", [f"%{needle}%"],
    )  # fmt: skip
    return [row[0] for row in rows]


def test_a_cart_becomes_a_pending_order(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """R-ORD-3, 8.5 S1-S5: order, hold, snapshots, cart and facts in one transaction."""
    product_id = cart_with(shopper, seller, price=1250, units=2)
    answer = checkout(shopper).raise_for_status().json()
    order = answer["order"]
    assert (order["status"], order["total_minor"], answer["payment_due_minor"]) == ("pending", 2500, 2500)
    assert order["order_number"].startswith("ATL-")
    assert order["items"][0]["product_snapshot"]["price_minor"] == 1250
    assert order["items"][0]["product_snapshot"]["category"] == ["Kitchen"]
    assert shopper.get("/cart").json()["items"] == []
    assert count(db, "SELECT reserved FROM inventory WHERE product_id = %s", product_id) == 2
    told = events(db, order["id"])
    assert told == [
        "stock.reserved", "stock.moved", "order.created", "order.validated", "cart.checked_out"
    ]  # fmt: skip
    assert shopper.get(f"/orders/{order['id']}").json()["items"] == order["items"]
    assert shopper.get(f"/orders/{order['order_number']}").json()["id"] == order["id"]


def test_an_order_number_is_read_in_any_case(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """E-ORD-2, E-ORD-3: people type what they were read out."""
    cart_with(shopper, seller)
    order = checkout(shopper).raise_for_status().json()["order"]
    typed = order["order_number"].lower()
    assert shopper.get(f"/orders/{typed}").raise_for_status().json()["id"] == order["id"]
    (found,) = shopper.get("/orders", params={"order_number": typed}).raise_for_status().json()["items"]
    assert found["id"] == order["id"]
    assert shopper.get(f"/orders/{typed}/timeline").raise_for_status().json()["order_id"] == order["id"]


def test_an_empty_cart_is_refused(shopper: httpx2.Client) -> None:
    """E-ORD-1: 409 cart-empty."""
    assert checkout(shopper).json()["type"] == "/problems/cart-empty"


def test_a_changed_price_is_refused_and_nothing_held(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """R-ORD-5."""
    product_id = cart_with(shopper, seller, price=1000, units=1)
    cart_id = shopper.get("/cart").json()["id"]
    answer = checkout(shopper, expected_total_minor=900)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/price-changed")
    assert answer.json()["total_minor"] == 1000
    assert count(db, "SELECT reserved FROM inventory WHERE product_id = %s", product_id) == 0
    assert events(db, cart_id)[-1] == "checkout.rejected"
    assert checkout(shopper, expected_total_minor=1000).status_code == 201


def test_what_a_cart_of_dear_goods_costs_may_be_expected(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """E-ORD-1: a total is many times the highest price, and what the cart answers can be sent as the price guard."""
    cart_with(shopper, seller, price=999_999_999_999, stock=99, units=99)
    total = shopper.get("/cart").json()["total_minor"]
    assert checkout(shopper, expected_total_minor=total).raise_for_status().json()["payment_due_minor"] == total


def test_too_little_stock_is_refused_and_told(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """R-EVT-5, R-INV-3: 409 with what is available; the refusal's facts stand in a transaction of their own."""
    product_id = cart_with(shopper, seller, stock=5, units=4)
    db.execute("UPDATE inventory SET on_hand = 3 WHERE product_id = %s", [product_id])
    cart_id = shopper.get("/cart").json()["id"]
    answer = checkout(shopper)
    assert answer.status_code == 409
    assert answer.json()["items"] == [{"product_id": product_id, "requested": 4, "available": 3}]
    assert events(db, cart_id)[-2:] == ["checkout.rejected", "stock.reservation.failed"]
    assert count(db, "SELECT count(*) FROM reservations r JOIN reservation_items i ON i.reservation_id = r.id "
                     "WHERE i.product_id = %s", product_id) == 0  # fmt: skip


def test_a_refusal_says_to_which_version_it_raised_the_cart(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-ORD-5: the refusal is a fact of the cart with a number of its own; who confirms the new total can name it."""
    product_id = cart_with(shopper, seller, price=1000, units=1, stock=5)
    before = shopper.get("/cart").json()["version"]
    refused = checkout(shopper, cart_version=before, expected_total_minor=900).json()
    assert (refused["type"], refused["cart_version"]) == ("/problems/price-changed", before + 1)
    scarce = shopper.post("/cart/items", json={"product_id": product_id, "quantity": 9}).json()
    assert (scarce["type"], scarce["cart_version"]) == ("/problems/insufficient-stock", before + 2)
    line = shopper.get("/cart").json()["items"][0]["id"]
    scarce = shopper.patch(f"/cart/items/{line}", json={"quantity": 9, "expected_version": before + 2}).json()
    assert checkout(shopper, cart_version=scarce["cart_version"], expected_total_minor=1000).status_code == 201


def test_the_cart_version_guards(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-API-12: a cart that changed since it was shown is not bought."""
    cart_with(shopper, seller)
    answer = checkout(shopper, cart_version=77)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/version-conflict")


def test_the_same_key_gives_the_same_order(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """R-API-10, R-ORD-4."""
    cart_with(shopper, seller)
    key = str(uuid4())
    first, again = checkout(shopper, key), checkout(shopper, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.content == again.content
    user = db.execute("SELECT user_id FROM orders WHERE id = %s", [first.json()["order"]["id"]]).fetchone()
    assert user
    assert count(db, "SELECT count(*) FROM orders WHERE user_id = %s", user[0]) == 1


def test_parallel_checkouts_of_one_cart_give_one_order(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-ORD-4: a double click."""
    cart_with(shopper, seller)
    with ThreadPoolExecutor(4) as clicks:
        answers = list(clicks.map(lambda _: checkout(shopper).status_code, range(4)))
    assert sorted(answers) == [201, 409, 409, 409]


def test_an_address_of_the_book_is_copied(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-ORD-6: a later change of the address does not reach the order."""
    saved = shopper.post("/users/me/addresses", json=shop.ADDRESS).raise_for_status().json()
    cart_with(shopper, seller)
    answer = shopper.post("/checkout", json={"address_id": saved["id"]}).raise_for_status().json()
    shopper.patch(f"/users/me/addresses/{saved['id']}", json={"street": "Elsewhere 1"}).raise_for_status()
    order = shopper.get(f"/orders/{answer['order']['id']}").json()
    assert order["shipping_address"]["street"] == shop.ADDRESS["street"]


@pytest.mark.parametrize("body", [{}, {"address_id": str(uuid4()), "address": shop.ADDRESS}, {"adress": {}}])
def test_a_wrong_body_names_the_mend(shopper: httpx2.Client, body: dict[str, Any]) -> None:
    """R-API-3."""
    answer = shopper.post("/checkout", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation-failed")


def test_an_order_is_its_owners(shopper: httpx2.Client, seller: httpx2.Client, api: str) -> None:
    """R-API-9, R-ORD-23: strangers get 404, the seller sees own lines without the street before there is a parcel."""
    cart_with(shopper, seller)
    order_id = checkout(shopper).json()["order"]["id"]
    with closing(shop.account(api)) as stranger:
        assert stranger.get(f"/orders/{order_id}").status_code == 404
        assert stranger.post(f"/orders/{order_id}/cancel", json={}).status_code == 404
        assert stranger.get(f"/payments/{order_id}").status_code == 404
    seen = seller.get(f"/orders/{order_id}").json()
    assert len(seen["items"]) == 1
    assert set(seen["shipping_address"]) == {"province_id", "city_id", "province_name", "city_name"}
    listed = seller.get("/orders", params={"view": "seller"}).json()["items"]
    assert order_id in [order["id"] for order in listed]


def test_a_seller_is_told_only_of_what_sellers_may_do(shopper: httpx2.Client, seller: httpx2.Client, api: str) -> None:
    """E-ORD-3: to cancel an order of own lines alone; what shoppers may do would tell of another seller's lines."""
    orders = {}
    with closing(shop.seller(api)[0]) as other:
        for sellers in ((seller,), (seller, other)):
            for each in sellers:
                shop.put_in_cart(shopper, shop.product(each, price=100, stock=5), 1)
            orders[len(sellers)] = shop.checkout(shopper)["id"]
    own, shared = orders[1], orders[2]
    assert seller.get(f"/orders/{own}").json()["allowed_actions"] == ["cancel"]
    assert seller.get(f"/orders/{shared}").json()["allowed_actions"] == []
    assert seller.post(f"/orders/{shared}/cancel", json={"reason": "seller_request"}).status_code == 404
    assert shopper.get(f"/orders/{shared}").json()["allowed_actions"] == ["pay", "cancel"]


def test_orders_are_paged_without_repeats(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-API-6."""
    for _ in range(3):
        cart_with(shopper, seller)
        checkout(shopper).raise_for_status()
    first = shopper.get("/orders", params={"limit": 2}).json()
    rest = shopper.get("/orders", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    ids = [order["id"] for order in first["items"] + rest["items"]]
    assert len(ids) == len(set(ids)) == 3
    assert rest["next_cursor"] is None
    assert shopper.get("/orders", params={"cursor": "forged"}).status_code == 422


def test_a_request_id_is_not_taken_for_a_part_of_a_fact(shopper: httpx2.Client, seller: httpx2.Client, db: Db) -> None:
    """R-API-13, R-INV-8: it stands in the line of the fact, whose numbers the database fills in."""
    product_id = cart_with(shopper, seller, units=2, stock=10)
    said = '"on_hand_after":0,"aggregate_seq":0,"reserved_after":0'
    body, headers = {"address": shop.ADDRESS}, {"X-Request-ID": said}
    shopper.post("/checkout", json=body, headers=headers).raise_for_status()
    query = "SELECT convert_from(line, 'UTF8')::json FROM outbox WHERE convert_from(line, 'UTF8') LIKE %s ORDER BY id"
    facts = [row[0] for row in db.execute(query, [f"%{product_id}%"])]
    (moved,) = [fact for fact in facts if fact["event"] == "stock.moved" and fact["payload"]["kind"] == "reserved"]
    assert (moved["correlation_id"], moved["payload"]["on_hand_after"], moved["payload"]["reserved_after"]) == (
        said,
        10,
        2,
    )
    version = "SELECT version FROM inventory WHERE product_id = %s"
    assert moved["aggregate_seq"] == count(db, version, product_id)
