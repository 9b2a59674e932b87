"""Orders paid in cash or out of a wallet, from the checkout to the door and back."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, comes_back, reaches, stock
from tests.line import eventually


def order_of(buyer: httpx2.Client, product: str, method: str, units: int = 2) -> str:
    shop.put_in_cart(buyer, product, units)
    said = {"address": shop.ADDRESS, "payment_method": method}
    order_id: str = buyer.post("/checkout", json=said).raise_for_status().json()["order"]["id"]
    return order_id


def promise(buyer: httpx2.Client, order_id: str) -> dict[str, Any]:
    payment = buyer.post("/payments/intent", json={"order_id": order_id}).raise_for_status().json()
    confirmed = buyer.post("/payments/confirm", json={"payment_id": payment["id"]})
    answer: dict[str, Any] = confirmed.raise_for_status().json()
    return answer


def report(seller: httpx2.Client, order: dict[str, Any], *statuses: str) -> None:
    (parcel,) = order["shipments"]
    for status in statuses:
        seller.patch(f"/shipments/{parcel['id']}", json={"status": status}).raise_for_status()


def payment(buyer: httpx2.Client, order_id: str, status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = buyer.get(f"/orders/{order_id}").raise_for_status().json()["payment"]
        return found if found["status"] == status else None

    found = eventually(look, within=20, every=0.05)
    assert found
    return found


def test_cash_is_promised_first_and_booked_at_the_door(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db
) -> None:
    """R-PAY-9, 8.4: confirmed on the promise, without a sale; money and journal at the delivery."""
    order_id = order_of(buyer, product, "cod")
    promised = promise(buyer, order_id)
    assert (promised["status"], promised["authorized_minor"], promised["captured_minor"]) == ("processing", 2400, 0)
    reaches(buyer, order_id, "processing")
    eventually(lambda: stock(db, product) == (8, 0))
    assert balance(db, order_id) == {}
    order = with_parcel(buyer, order_id)
    report(seller, order, "picked_up", "delivered")
    assert payment(buyer, order_id, "success")["captured_minor"] == 2400
    assert balance(db, order_id)["gateway_clearing"] == -2400
    assert reaches(buyer, order_id, "delivered")


def with_parcel(buyer: httpx2.Client, order_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        order: dict[str, Any] = buyer.get(f"/orders/{order_id}").raise_for_status().json()
        return order if order["shipments"] else None

    found = eventually(look)
    assert found
    return found


def test_refused_goods_cost_nothing(buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db, pg: str) -> None:
    """R-PAY-9: payment cancelled, order returned, nothing to refund; the stock waits for who looks at the goods."""
    order_id = order_of(buyer, product, "cod")
    promise(buyer, order_id)
    order = with_parcel(buyer, order_id)
    report(seller, order, "picked_up")
    reaches(buyer, order_id, "shipped")
    comes_back(pg, order["shipments"][0]["id"])
    reaches(buyer, order_id, "returned")
    assert payment(buyer, order_id, "cancelled")["captured_minor"] == 0
    assert (balance(db, order_id), stock(db, product)) == ({}, (8, 0))
    assert buyer.get("/refunds", params={"order_id": order_id}).json()["items"] == []


def test_a_cancelled_order_calls_its_cash_off(buyer: httpx2.Client, product: str, db: Db) -> None:
    """R-PAY-9, C3."""
    order_id = order_of(buyer, product, "cod")
    promise(buyer, order_id)
    reaches(buyer, order_id, "processing")
    eventually(lambda: stock(db, product) == (8, 0))
    buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    payment(buyer, order_id, "cancelled")
    eventually(lambda: stock(db, product) == (10, 0))
    assert balance(db, order_id) == {}


def test_a_paid_order_that_comes_back_is_refunded(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db, pg: str
) -> None:
    """8.4: every parcel came back, so the order is returned and the card gets its money."""
    order_id = order_of(buyer, product, "card")
    shop.pay(buyer, order_id).raise_for_status()
    order = with_parcel(buyer, order_id)
    report(seller, order, "picked_up")
    reaches(buyer, order_id, "shipped")
    comes_back(pg, order["shipments"][0]["id"])
    reaches(buyer, order_id, "returned")
    payment(buyer, order_id, "refunded")
    assert balance(db, order_id)["gateway_clearing"] == 0


@pytest.mark.parametrize("method", ["wallet", "cod"])
def test_what_has_no_way_back_is_refunded_into_the_wallet(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db, method: str
) -> None:
    """R-PAY-13, R-PAY-8: a cancelled order paid by wallet, and cash for goods that are returned."""
    filled = {"amount_minor": 2400, "currency": "GBP", "gateway_token": shop.APPROVED}
    buyer.post("/wallet/top-ups", json=filled).raise_for_status()
    order_id = order_of(buyer, product, method)
    promise(buyer, order_id)
    order = with_parcel(buyer, order_id)
    if method == "cod":
        report(seller, order, "picked_up", "delivered")
        payment(buyer, order_id, "success")
        reaches(buyer, order_id, "delivered")
        buyer.post(f"/orders/{order_id}/return", json={"reason": "defect"}).raise_for_status()
        seller.post(f"/orders/{order_id}/return/receive", json={}).raise_for_status()
    else:
        buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    payment(buyer, order_id, "refunded")
    (wallet,) = buyer.get("/wallet").json()["items"]
    assert wallet["balance_minor"] == {"wallet": 2400, "cod": 4800}[method]
    booked = balance(db, order_id)
    assert sum(booked.values()) == 0
    assert booked["wallet_liability"] == {"wallet": 0, "cod": 2400}[method]
