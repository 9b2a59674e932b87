"""Cash at the door for goods of which some came back before the last parcel arrived."""

from typing import Any

import httpx2

from tests import shop
from tests.api.promotions.test_promotions import code, make
from tests.api.reactor.order import Db, balance, reaches
from tests.api.reactor.test_methods import promise
from tests.api.reactor.test_shipping_charges import order_of, send_back, senders
from tests.line import eventually

__all__ = ["senders"]


def report(sender: httpx2.Client, order: dict[str, Any], status: str) -> None:
    (parcel,) = sender.get(f"/shipments/{order['id']}").raise_for_status().json()["items"]
    sender.patch(f"/shipments/{parcel['id']}", json={"status": status}).raise_for_status()


def test_it_goes_back_with_the_cash(
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, db: Db
) -> None:
    """R-PAY-9, R-ORD-22: goods and shipping are paid at the door and go into the wallet; a gift leaves the books."""
    first, second = senders
    shop.sign_in_again(operator)
    gift = shop.product(first, price=900, stock=5)
    made = make(operator, code=code(), status="active", value_bp=10_000, scope="product", scope_id=gift)
    shop.put_in_cart(buyer, gift, 1)
    buyer.post("/cart/coupon", json={"code": made["code"]}).raise_for_status()
    order = order_of(buyer, second, method="cod")
    promise(buyer, order["id"])
    reaches(buyer, order["id"], "processing")
    for sender in senders:
        report(sender, order, "picked_up")
    order = reaches(buyer, order["id"], "shipped")
    report(first, order, "delivered")
    assert send_back(buyer, first, order, "defect")["refund_minor"] == 300
    report(second, order, "delivered")
    reaches(buyer, order["id"], "delivered")
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["payment"]["refunded_minor"] == 300)
    assert buyer.get("/wallet").raise_for_status().json()["items"][0]["balance_minor"] == 300
    kept = balance(db, order["id"])
    assert (kept["gateway_clearing"], kept["wallet_liability"], kept["promotion_expense"]) == (-1500, 300, 0)
    assert (kept["sales"] + kept["refunds"], kept["shipping_income"]) == (1000, 200)
