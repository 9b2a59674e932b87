"""What others do while a replacement is called off (R-PAY-10, R-ORD-20)."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, stock
from tests.api.reactor.test_erasure import erase
from tests.api.reactor.test_not_sent import Sale, other, sale
from tests.api.reactor.test_unreplaced import arrived, drop, refunds, replacement
from tests.line import eventually

__all__ = ["other", "sale"]


def test_two_at_once_pay_once(sale: Sale, operator: httpx2.Client, db: Db) -> None:
    """R-PAY-10, R-PAY-11: its seller, an operator, and a grant of what is left of the order."""
    shop.sign_in_again(operator)
    arrived(sale)
    parcel = replacement(sale)
    grant = {"order_id": sale.order_id, "reason": "Sorry"}
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(drop, sale, parcel)
        second = threads.submit(drop, sale, parcel, operator)
        granted = threads.submit(sale.seller.post, "/refunds", json=grant)
    assert sorted([first.result().status_code, second.result().status_code]) == [200, 409]
    assert granted.result().status_code in (201, 409)
    eventually(lambda: sale.kept() == 777)
    eventually(lambda: stock(db, sale.products[0]) == (8, 0))
    assert balance(db, sale.order_id)["gateway_clearing"] == -777


@pytest.mark.parametrize("_", range(3))
def test_a_return_that_is_accepted_at_the_same_time_gives_what_it_says(sale: Sale, _: int) -> None:
    """E-ORD-11: the goods are paid back once, by the one or by the other, as the answer and the messages say."""
    arrived(sale)
    parcel = replacement(sale)
    lines = [{"order_item_id": sale.seen()["items"][0]["id"], "quantity": 2}]
    sale.buyer.post(f"/orders/{sale.order_id}/return", json={"reason": "defect", "items": lines}).raise_for_status()
    with ThreadPoolExecutor(2) as threads:
        received = threads.submit(sale.seller.post, f"/orders/{sale.order_id}/return/receive", json={"accepted": True})
        threads.submit(drop, sale, parcel)
    accepted = received.result().raise_for_status().json()["refund_minor"]
    eventually(lambda: sale.kept() == 777)
    assert refunds(sale.buyer, sale) == [("return" if accepted else "replacement", 2400, "succeeded")]


def test_nobody_leaves_while_a_replacement_is_to_come(sale: Sale, operator: httpx2.Client) -> None:
    """R-SEL-5, R-USR-15: nobody would send it, or bear what goes back for it; nor is its address forgotten."""
    shop.sign_in_again(operator)
    arrived(sale)
    parcel = replacement(sale)
    closing = f"/sellers/{sale.seller.headers['X-Seller']}", {"status": "closed"}
    before = operator.patch(closing[0], json=closing[1]).json()["orders"]
    refused = erase(sale.buyer)
    assert (refused.status_code, refused.json()["orders"]) == (409, 1)
    drop(sale, parcel).raise_for_status()
    assert operator.patch(closing[0], json=closing[1]).json()["orders"] == before - 1
    eventually(lambda: sale.kept() == 777)
    assert erase(sale.buyer).status_code == 202
