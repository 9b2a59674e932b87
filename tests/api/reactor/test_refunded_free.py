"""What the platform gave of an order comes back to it with the last of the shopper's money, whoever gives that back."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.promotions.test_promotions import code, make
from tests.api.reactor.order import Db, balance, reaches
from tests.api.reactor.test_called_off_free import free
from tests.api.reactor.test_shipping_charges import senders
from tests.line import eventually

__all__ = ["free", "senders"]


@pytest.fixture
def order(buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client) -> dict[str, Any]:
    """10.00 from the first seller, a gift of 9.00 from the second; the platform pays for the gift and both parcels."""
    gift = shop.product(senders[1], price=900, stock=5)
    shop.put_in_cart(buyer, shop.product(senders[0], price=1000, stock=5), 1)
    shop.put_in_cart(buyer, gift, 1)
    made = make(operator, code=code(), status="active", value_bp=10_000, scope="product", scope_id=gift)
    buyer.post("/cart/coupon", json={"code": made["code"]}).raise_for_status()
    order_id = shop.checkout(buyer)["id"]
    shop.pay(buyer, order_id).raise_for_status()
    return reaches(buyer, order_id, "processing")


def refund(client: httpx2.Client, order: dict[str, Any], minor: int | None = None) -> None:
    asked = {"order_id": order["id"], "reason": "goodwill", "amount_minor": minor}
    client.post("/refunds", json={name: value for name, value in asked.items() if value}).raise_for_status()


def ends_at_zero(db: Db, order: dict[str, Any]) -> None:
    eventually(lambda: not balance(db, order["id"])["gateway_clearing"])
    ends = balance(db, order["id"])
    assert (ends.pop("sales"), ends.pop("refunds")) == (1900, -1900)
    assert not any(ends.values())


@pytest.mark.parametrize("parts", [[None], [400, None]])
def test_a_refund_of_everything_gives_it_back(
    buyer: httpx2.Client, operator: httpx2.Client, order: dict[str, Any], db: Db, parts: list[int | None]
) -> None:
    """R-PRO-6, R-LED-3: its sellers keep nothing of an order that was paid back; the goods are not counted as back."""
    for minor in parts:
        assert balance(db, order["id"])["promotion_expense"] == -1400
        refund(operator, order, minor)
    reaches(buyer, order["id"], "refunded")
    ends_at_zero(db, order)
    counted = "SELECT count(*) FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s"
    assert db.execute(f"{counted} AND l.account = 'refunds' AND l.units IS NOT NULL", [order["id"]]).fetchone() == (0,)


def test_it_goes_back_once_when_the_order_is_cancelled_meanwhile(
    buyer: httpx2.Client, senders: list[httpx2.Client], order: dict[str, Any], db: Db
) -> None:
    """R-PRO-6, R-LED-3: a seller's refund that is under way leaves the cancellation nothing to give back."""
    refund(senders[0], order)
    buyer.post(f"/orders/{order['id']}/cancel", json={})
    ends_at_zero(db, order)


def test_what_came_back_before_does_not_go_back_again(
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, order: dict[str, Any], db: Db
) -> None:
    """R-LED-3: the gift was called off, and its parcel with it."""
    (parcel,) = senders[1].get(f"/shipments/{order['id']}").raise_for_status().json()["items"]
    senders[1].patch(f"/shipments/{parcel['id']}", json={"status": "cancelled"}).raise_for_status()
    eventually(lambda: balance(db, order["id"])["promotion_expense"] == -300)
    refund(operator, order)
    ends_at_zero(db, order)
