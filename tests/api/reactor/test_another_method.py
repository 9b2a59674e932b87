"""Orders that are paid by another method than they were placed with: what was paid decides, not what was meant."""

from typing import Any

import httpx2

from tests import shop
from tests.api.reactor.order import Db, balance, reaches
from tests.line import eventually


def paid(buyer: httpx2.Client, product: str, meant: str, method: str) -> dict[str, Any]:
    """An order of two units, paid or promised by `method` at last."""
    shop.put_in_cart(buyer, product, 2)
    said = {"address": shop.ADDRESS, "payment_method": meant}
    order_id = buyer.post("/checkout", json=said).raise_for_status().json()["order"]["id"]
    wish = {"order_id": order_id, "payment_method": method}
    payment = buyer.post("/payments/intent", json=wish).raise_for_status().json()["id"]
    token = {"gateway_token": shop.APPROVED} if method == "card" else {}
    buyer.post("/payments/confirm", json={"payment_id": payment, **token}).raise_for_status()
    return reaches(buyer, order_id, "processing")


def test_a_card_gets_its_money_back_although_cash_was_meant(buyer: httpx2.Client, product: str, db: Db) -> None:
    """R-PAY-9, R-PAY-12: nothing was delivered, but all of it was paid."""
    order = paid(buyer, product, "cod", "card")
    assert order["payment_method"] == "card"
    buyer.post(f"/orders/{order['id']}/cancel", json={}).raise_for_status()
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["payment"]["refunded_minor"] == 2400)
    assert balance(db, order["id"])["gateway_clearing"] == 0


def test_cash_at_the_door_although_a_card_was_meant(buyer: httpx2.Client, seller: httpx2.Client, product: str) -> None:
    """R-PAY-9: the order says so, and a refund is of what was paid at the door."""
    order = paid(buyer, product, "card", "cod")
    assert order["payment_method"] == "cod"
    parcel = reaches(buyer, order["id"], "processing")["shipments"][0]["id"]
    seller.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["payment"]["captured_minor"] == 2400)
    seller.post("/refunds", json={"order_id": order["id"], "reason": "late"}).raise_for_status()
    assert reaches(buyer, order["id"], "refunded")["payment"]["refunded_minor"] == 2400
