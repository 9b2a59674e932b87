"""What the platform gave of an order comes back to it once, when a parcel is called off and the whole order then."""

from collections.abc import Iterator

import httpx2
import pytest

from tests import shop
from tests.api.promotions.test_promotions import code, make
from tests.api.reactor.order import Db, balance, reaches
from tests.api.reactor.test_shipping_charges import senders
from tests.line import eventually

__all__ = ["senders"]


@pytest.fixture(autouse=True)
def free(operator: httpx2.Client) -> Iterator[None]:
    """The platform pays for sending."""
    shop.sign_in_again(operator)
    made = make(operator, kind="free_shipping", value_bp=None, status="active")
    yield
    operator.patch(f"/promotions/{made['id']}", json={"status": "ended"}).raise_for_status()


@pytest.mark.parametrize("costs", ["goods", "nothing"])
def test_it_comes_back_once(
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, db: Db, costs: str
) -> None:
    """R-PRO-6, R-LED-3, R-ORD-24."""
    for sender in senders:
        shop.put_in_cart(buyer, shop.product(sender, price=1000, stock=5), 1)
    if costs == "nothing":
        gift = make(operator, code=code(), status="active", value_bp=10_000)
        buyer.post("/cart/coupon", json={"code": gift["code"]}).raise_for_status()
    order_id = shop.checkout(buyer)["id"]
    if costs == "goods":
        shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    assert balance(db, order_id)["shipping_income"] == 500
    (parcel,) = senders[1].get(f"/shipments/{order_id}").raise_for_status().json()["items"]
    senders[1].patch(f"/shipments/{parcel['id']}", json={"status": "cancelled"}).raise_for_status()
    eventually(lambda: balance(db, order_id)["shipping_income"] == 300)
    buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    eventually(lambda: balance(db, order_id).get("refunds") == -2000)
    eventually(lambda: not balance(db, order_id).get("gateway_clearing"))
    ends = balance(db, order_id)
    assert (ends.pop("sales"), ends.pop("refunds")) == (2000, -2000)
    assert not any(ends.values())
