"""What was captured in parts goes back from where it came: no seller bears what another was paid."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.promotions.test_promotions import code, make
from tests.api.reactor.order import Db, reaches
from tests.api.reactor.test_capture import api, capture
from tests.api.reactor.test_partly_captured import money
from tests.api.reactor.test_shipping_charges import order_of, senders
from tests.line import eventually

__all__ = ["api", "senders"]


@pytest.fixture
def order(buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client) -> dict[str, Any]:
    """13.00 from one seller and 12.00 from the other, shipping included, of which 15.01 are captured."""
    order_id = order_of(buyer, *senders)["id"]
    shop.pay(buyer, order_id).raise_for_status()
    found = reaches(buyer, order_id, "processing")
    shop.sign_in_again(operator)
    capture(operator, found["payment"]["id"], 900).raise_for_status()
    capture(operator, found["payment"]["id"], 601).raise_for_status()
    return found


def booked(db: Db, order: dict[str, Any]) -> dict[tuple[str, str], int]:
    """What every seller has on every account, of an order."""
    rows = db.execute(
        "SELECT l.seller_id::text, l.account, sum(l.credit_minor - l.debit_minor)::int FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s AND l.seller_id IS NOT NULL GROUP BY 1, 2",
        [order["id"]],
    )
    return {(str(seller_id), str(account)): int(minor) for seller_id, account, minor in rows}


def has_nothing(db: Db, order: dict[str, Any], seller: httpx2.Client) -> None:
    owned = seller.headers["X-Seller"]
    mine = {account: minor for (owner, account), minor in booked(db, order).items() if owner == owned}
    assert mine.pop("sales") + mine.pop("refunds") == 0
    assert not any(mine.values())


@pytest.fixture(params=["cancelled", "refunded"])
def ended(request: pytest.FixtureRequest, buyer: httpx2.Client, operator: httpx2.Client, order: dict[str, Any]) -> str:
    """How all that was captured goes back."""
    if request.param == "cancelled":
        buyer.post(f"/orders/{order['id']}/cancel", json={}).raise_for_status()
    else:
        operator.post("/refunds", json={"order_id": order["id"], "reason": "late"}).raise_for_status()
    return str(request.param)


def test_it_goes_back_as_it_was_captured(
    buyer: httpx2.Client, senders: list[httpx2.Client], order: dict[str, Any], db: Db, ended: str
) -> None:
    """R-LED-3, R-PAY-16: shipping was captured by proportion with the goods; its commission goes back with them."""
    eventually(lambda: money(buyer, order)[1:] == (1501, 1501))
    for sender in senders:
        has_nothing(db, order, sender)
    units = "SELECT sum(l.units * CASE account WHEN 'sales' THEN 1 ELSE -1 END) FROM journal_lines l JOIN "
    counted = db.execute(f"{units} journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s", [order["id"]])
    if ended == "cancelled":
        assert counted.fetchone() == (0,)


def test_a_seller_grants_what_was_captured_of_own_goods(
    buyer: httpx2.Client, senders: list[httpx2.Client], order: dict[str, Any], db: Db
) -> None:
    """E-PAY-5, R-PAY-10: whoever gave more would give away what the other one was paid."""
    asked = {"order_id": order["id"], "reason": "late"}
    refused = senders[0].post("/refunds", json=asked | {"amount_minor": 782})
    assert (refused.status_code, refused.json()["refundable_minor"]) == (409, 781)
    assert senders[0].post("/refunds", json=asked).raise_for_status().json()["amount_minor"] == 781
    eventually(lambda: money(buyer, order)[1:] == (1501, 781))
    has_nothing(db, order, senders[0])


def called_off(sender: httpx2.Client, order: dict[str, Any]) -> None:
    """The seller will not send the own parcel."""
    (parcel,) = sender.get(f"/shipments/{order['id']}").raise_for_status().json()["items"]
    sender.patch(f"/shipments/{parcel['id']}", json={"status": "cancelled"}).raise_for_status()


def test_what_is_not_sent_takes_nothing_that_others_were_paid(
    buyer: httpx2.Client, senders: list[httpx2.Client], order: dict[str, Any], db: Db
) -> None:
    """R-LED-3: of 13.00 that are called off 7.81 were captured; the rest of the order is called off then."""
    called_off(senders[0], order)
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["returns"])
    called_off(senders[1], order)
    reaches(buyer, order["id"], "cancelled")
    eventually(lambda: money(buyer, order) == ("refunded", 1501, 1501))
    for sender in senders:
        has_nothing(db, order, sender)


def test_a_gift_that_is_not_sent_is_not_sold_by_a_later_capture(
    buyer: httpx2.Client, senders: list[httpx2.Client], operator: httpx2.Client, db: Db
) -> None:
    """R-PRO-6, R-LED-3: it was called off before anything was captured."""
    gift = shop.product(senders[1], price=900, stock=5)
    made = make(operator, code=code(), status="active", value_bp=10_000, scope="product", scope_id=gift)
    shop.put_in_cart(buyer, gift, 1)
    buyer.post("/cart/coupon", json={"code": made["code"]}).raise_for_status()
    order = order_of(buyer, senders[0])
    shop.pay(buyer, order["id"]).raise_for_status()
    order = reaches(buyer, order["id"], "processing")
    called_off(senders[1], order)
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["returns"])
    capture(operator, buyer.get(f"/orders/{order['id']}").json()["payment"]["id"]).raise_for_status()
    eventually(lambda: money(buyer, order)[1:] == (1500, 200))
    has_nothing(db, order, senders[1])
