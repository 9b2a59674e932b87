"""Promotions along an order's life: what is given back when it falls, and books that end at zero."""

from functools import partial
from typing import Any

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.promotions.test_promotions import code, make
from tests.api.reactor.order import Db, balance, reaches, stock
from tests.line import eventually


def order_with(
    buyer: httpx2.Client, client: httpx2.Client, product: str, units: int = 2, **terms: object
) -> tuple[str, str]:
    """An order with a coupon of the client's: its id and the promotion's."""
    made = make(client, code=code(), status="active", **terms)
    shop.put_in_cart(buyer, product, units)
    buyer.post("/cart/coupon", json={"code": made["code"]}).raise_for_status()
    return shop.checkout(buyer)["id"], made["id"]


def uses(db: Db, promotion_id: str) -> int:
    row = db.execute("SELECT used_count FROM promotions WHERE id = %s", [promotion_id]).fetchone()
    assert row
    return int(row[0])


def deliver(seller: httpx2.Client, buyer: httpx2.Client, order: dict[str, Any]) -> None:
    parcel = order["shipments"][0]["id"]
    left = {"carrier": "Royal Mail", "tracking_number": parcel, "status": "picked_up"}
    for change in (left, {"status": "delivered"}):
        seller.patch(f"/shipments/{parcel}", json=change).raise_for_status()
    reaches(buyer, order["id"], "delivered")


def refunded(buyer: httpx2.Client, order_id: str) -> int:
    return int(buyer.get(f"/orders/{order_id}").json()["payment"]["refunded_minor"])


def more_than(buyer: httpx2.Client, order_id: str, before: int) -> bool:
    return refunded(buyer, order_id) > before


def expense_is(db: Db, order_id: str, minor: int) -> bool:
    return balance(db, order_id)["promotion_expense"] == minor


def told(db: psycopg.Connection[tuple[object, ...]], promotion_id: str) -> list[tuple[str, int]]:
    """Release facts, from the redemption's side: the relay has taken the outbox's rows away."""
    rows = db.execute("SELECT status, discount_minor FROM redemptions WHERE promotion_id = %s", [promotion_id])
    return [(str(row[0]), int(str(row[1]))) for row in rows]


def test_a_declined_order_uses_nothing(buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db) -> None:
    """R-PRO-5, C1, V-PRO-4: the use comes back once, and the cart with its coupon can be bought again."""
    order_id, promotion_id = order_with(buyer, seller, product, usage_limit=1)
    assert uses(db, promotion_id) == 1
    shop.pay(buyer, order_id, shop.DECLINED)
    reaches(buyer, order_id, "cancelled")
    eventually(lambda: uses(db, promotion_id) == 0)
    assert told(db, promotion_id) == [("released", 240)]
    cart = eventually(lambda: (found := buyer.get("/cart").json())["items"] and found)
    assert (cart["coupon_problem"], cart["discount_minor"]) == (None, 240)
    eventually(lambda: stock(db, product) == (10, 0))
    again = shop.checkout(buyer)
    assert (again["discount_minor"], uses(db, promotion_id)) == (240, 1)
    version = db.execute("SELECT version FROM promotions WHERE id = %s", [promotion_id]).fetchone()
    assert version == (4,)  # published, redeemed, released, redeemed


@pytest.fixture
def people(buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client) -> dict[str, httpx2.Client]:
    shop.sign_in_again(operator)  # the role came after the token
    return {"shopper": buyer, "seller": seller, "operator": operator}


@pytest.mark.parametrize("by", ["shopper", "seller", "operator"])
def test_after_confirmation_it_depends_on_who_cancels(
    people: dict[str, httpx2.Client], product: str, db: Db, by: str
) -> None:
    """R-PRO-5, C3, R-LED-3: the shopper's own cancellation keeps the use; money and books end at zero either way."""
    buyer = people["shopper"]
    order_id, promotion_id = order_with(buyer, people["operator"], product, value_bp=3333)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    assert balance(db, order_id) == {
        "gateway_clearing": -1600, "promotion_expense": -800, "sales": 2400, "commission_charged": -240,
        "commission_income": 240,
    }  # fmt: skip
    reason = {"shopper": "customer_request", "seller": "seller_request", "operator": "operator"}[by]
    people[by].post(f"/orders/{order_id}/cancel", json={"reason": reason}).raise_for_status()
    eventually(lambda: buyer.get(f"/orders/{order_id}").json()["payment"]["status"] == "refunded")
    assert balance(db, order_id) == {
        "gateway_clearing": 0, "promotion_expense": 0, "sales": 2400, "refunds": -2400, "commission_charged": 0,
        "commission_income": 0,
    }  # fmt: skip
    eventually(lambda: stock(db, product) == (10, 0))
    eventually(lambda: uses(db, promotion_id) == (1 if by == "shopper" else 0))


def test_a_discounted_order_comes_back_in_pieces(
    buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, saga: str, db: Db
) -> None:
    """R-PRO-6, R-ORD-22, R-PAY-10: refunds add up to what was captured, of seller's and platform's part alike."""
    dear = shop.product(seller, price=1001, stock=10)
    automatic = make(seller, status="active", value_bp=1000, scope="product", scope_id=dear)
    order_id, _ = order_with(buyer, operator, dear, 3, kind="fixed", value_bp=None, value_minor=500, currency="GBP")
    shop.pay(buyer, order_id).raise_for_status()
    order = reaches(buyer, order_id, "processing")
    assert (order["discount_minor"], order["total_minor"]) == (800, 2203)
    assert balance(db, order_id) == {
        "gateway_clearing": -2203, "discounts": -300, "promotion_expense": -500, "sales": 3003,
        "commission_charged": -270, "commission_income": 270,
    }  # fmt: skip
    deliver(seller, buyer, order)
    line = order["items"][0]["id"]
    for units in (1, 2):
        asked = {"reason": "defect", "items": [{"order_item_id": line, "quantity": units}]}
        buyer.post(f"/orders/{order_id}/return", json=asked).raise_for_status()
        before = refunded(buyer, order_id)
        seller.post(f"/orders/{order_id}/return/receive", json={"accepted": True}).raise_for_status()
        eventually(partial(more_than, buyer, order_id, before))
    assert refunded(buyer, order_id) == 2203
    assert balance(db, order_id) == {
        "gateway_clearing": 0, "discounts": -300, "promotion_expense": 0, "sales": 3003, "refunds": -2703,
        "commission_charged": 0, "commission_income": 0,
    }  # fmt: skip
    seller.patch(f"/promotions/{automatic['id']}", json={"status": "ended"}).raise_for_status()


def test_an_order_that_costs_nothing_goes_on_and_comes_back(
    buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, product: str, db: Db
) -> None:
    """R-ORD-24: parcels, stock and cart follow its confirmation; cancelled, the platform gets its money back."""
    order_id, _ = order_with(buyer, operator, product, value_bp=10_000)
    reaches(buyer, order_id, "processing")
    eventually(lambda: stock(db, product) == (8, 0))
    assert balance(db, order_id)["promotion_expense"] == -2400
    buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    eventually(lambda: balance(db, order_id)["promotion_expense"] == 0)
    assert balance(db, order_id) == {
        "promotion_expense": 0, "sales": 2400, "refunds": -2400, "commission_charged": 0, "commission_income": 0
    }  # fmt: skip
    eventually(lambda: stock(db, product) == (10, 0))


def test_a_line_that_cost_nothing_comes_back_too(
    buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, product: str, db: Db
) -> None:
    """R-LED-3, R-PRO-6: beside a paid line, by returns of its units; nobody keeps money for what came back."""
    gift = shop.product(seller, price=900, stock=10)
    shop.put_in_cart(buyer, product, 1)
    order_id, _ = order_with(buyer, operator, gift, 3, value_bp=10_000, scope="product", scope_id=gift)
    shop.pay(buyer, order_id).raise_for_status()
    order = reaches(buyer, order_id, "processing")
    assert balance(db, order_id)["promotion_expense"] == -2700
    deliver(seller, buyer, order)
    line = next(item["id"] for item in order["items"] if item["product_id"] == gift)
    for units, left in ((1, -1800), (2, 0)):
        asked = {"reason": "defect", "items": [{"order_item_id": line, "quantity": units}]}
        buyer.post(f"/orders/{order_id}/return", json=asked).raise_for_status()
        seller.post(f"/orders/{order_id}/return/receive", json={"accepted": True}).raise_for_status()
        eventually(partial(expense_is, db, order_id, left))
    assert balance(db, order_id) == {
        "gateway_clearing": -1200, "promotion_expense": 0, "sales": 3900, "refunds": -2700, "commission_charged": -120,
        "commission_income": 120,
    }  # fmt: skip


def test_a_cancelled_order_gives_its_free_line_back(
    buyer: httpx2.Client, seller: httpx2.Client, operator: httpx2.Client, product: str, db: Db
) -> None:
    """R-LED-3: with the refund of the paid lines, once."""
    gift = shop.product(seller, price=900, stock=10)
    shop.put_in_cart(buyer, product, 1)
    order_id, _ = order_with(buyer, operator, gift, 1, value_bp=10_000, scope="product", scope_id=gift)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    eventually(lambda: buyer.get(f"/orders/{order_id}").json()["payment"]["status"] == "refunded")
    assert balance(db, order_id) == {
        "gateway_clearing": 0, "promotion_expense": 0, "sales": 2100, "refunds": -2100, "commission_charged": 0,
        "commission_income": 0,
    }  # fmt: skip
