"""Refunds that follow by rule, of a cancelled order or of goods that came back, while others stand beside them."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, order_of, reaches, stock
from tests.line import eventually


@pytest.fixture(scope="module")
def other(saga: str, category: str) -> Iterator[httpx2.Client]:
    """A second signed-in seller in GBP."""
    with closing(shop.seller(saga)[0]) as client:
        yield client


def arrived(buyer: httpx2.Client, order_id: str, *sellers: httpx2.Client) -> dict[str, Any]:
    """A paid order is delivered, every parcel by its seller."""
    shop.pay(buyer, order_id).raise_for_status()
    parcels = {parcel["seller_id"]: parcel["id"] for parcel in reaches(buyer, order_id, "processing")["shipments"]}
    for seller in sellers:
        parcel = parcels[seller.headers["X-Seller"]]
        seller.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
    return reaches(buyer, order_id, "delivered")


def refunded(buyer: httpx2.Client, order_id: str, amount: int) -> None:
    eventually(lambda: buyer.get(f"/orders/{order_id}").json()["payment"]["refunded_minor"] == amount)


def given(db: Db, order_id: str) -> dict[str, tuple[int, int]]:
    """Money and units that each seller's books gave back for an order."""
    rows = db.execute(
        "SELECT l.seller_id::text, sum(l.debit_minor)::bigint, coalesce(sum(l.units), 0)::bigint FROM journal_lines l "
        "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s AND l.account = 'refunds' GROUP BY 1",
        [order_id],
    )
    return {str(seller_id): (int(money), int(units)) for seller_id, money, units in rows}


def seen(caller: httpx2.Client, order_id: str) -> list[int]:
    found = caller.get("/refunds", params={"order_id": order_id}).raise_for_status().json()["items"]
    return sorted(refund["amount_minor"] for refund in found)


@pytest.mark.parametrize("wished", [2400, 1000])
def test_a_cancelled_order_overrules_a_wish_that_nobody_decided(
    buyer: httpx2.Client, product: str, db: Db, wished: int
) -> None:
    """R-PAY-11, C3: all money, parcels and stock go back although a request for money was open."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    eventually(lambda: stock(db, product) == (8, 0))
    asked = {"order_id": order_id, "amount_minor": wished, "reason": "too late"}
    wish = buyer.post("/refunds", json=asked).raise_for_status().json()
    buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    refunded(buyer, order_id, 2400)
    assert buyer.get(f"/refunds/{wish['id']}").json()["status"] == "rejected"
    eventually(lambda: buyer.get(f"/orders/{order_id}").json()["shipments"][0]["status"] == "cancelled")
    eventually(lambda: stock(db, product) == (10, 0))
    assert balance(db, order_id)["gateway_clearing"] == 0


def test_a_cancelled_order_of_which_all_went_back_is_called_off_all_the_same(
    buyer: httpx2.Client, operator: httpx2.Client, product: str, db: Db
) -> None:
    """C3: a refund under way takes all that was paid; parcels and stock follow."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id, "tok_4000000000005126").raise_for_status()
    reaches(buyer, order_id, "processing")
    eventually(lambda: stock(db, product) == (8, 0))
    shop.sign_in_again(operator)
    operator.post("/refunds", json={"order_id": order_id, "reason": "a recall"}).raise_for_status()
    buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    eventually(lambda: buyer.get(f"/orders/{order_id}").json()["shipments"][0]["status"] == "cancelled")
    eventually(lambda: stock(db, product) == (10, 0))


@pytest.mark.parametrize("waiting", [False, True])
def test_goods_come_back_after_a_gift_from_their_price(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db, waiting: bool
) -> None:
    """R-ORD-22, R-PAY-10: the return gives back what the lines still cost, whatever was granted or asked before."""
    order_id = order_of(buyer, product, units=1)
    arrived(buyer, order_id, seller)
    buyer.post(f"/orders/{order_id}/return", json={"reason": "damaged"}).raise_for_status()
    by = buyer if waiting else seller
    gift = {"order_id": order_id, "amount_minor": 300, "reason": "sorry"}
    by.post("/refunds", json=gift).raise_for_status()
    received = seller.post(f"/orders/{order_id}/return/receive", json={}).raise_for_status().json()
    assert received["status"] == "received"
    refunded(buyer, order_id, 1200)
    assert given(db, order_id) == {seller.headers["X-Seller"]: (1200, 1)}
    assert [line["refunded_minor"] for line in buyer.get(f"/orders/{order_id}").json()["items"]] == [1200]


def test_a_return_never_takes_from_a_seller_whose_goods_did_not_come_back(
    buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, db: Db
) -> None:
    """R-PAY-10: a gift that is paid between the request and the arrival lowers the return, not the other's money."""
    shop.put_in_cart(buyer, shop.product(seller, price=1000, stock=5), 1)
    shop.put_in_cart(buyer, shop.product(other, price=100, stock=5), 1)
    order_id = shop.checkout(buyer)["id"]
    lines = {line["seller_id"]: line["id"] for line in arrived(buyer, order_id, seller, other)["items"]}
    back = [{"order_item_id": lines[other.headers["X-Seller"]], "quantity": 1}]
    buyer.post(f"/orders/{order_id}/return", json={"reason": "defect", "items": back}).raise_for_status()
    other.post("/refunds", json={"order_id": order_id, "amount_minor": 30, "reason": "sorry"}).raise_for_status()
    refunded(buyer, order_id, 30)
    received = other.post(f"/orders/{order_id}/return/receive", json={}).raise_for_status().json()
    assert received["refund_minor"] == 70
    refunded(buyer, order_id, 100)
    assert given(db, order_id) == {other.headers["X-Seller"]: (100, 1)}
    assert (seen(other, order_id), seen(seller, order_id)) == ([30, 70], [])


def test_a_lowered_return_is_shared_by_its_lines(
    buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, operator: httpx2.Client, db: Db
) -> None:
    """E-ORD-11: in proportion to what was paid, so that every seller's units come back in the books."""
    shop.put_in_cart(buyer, shop.product(seller, price=1000, stock=5), 1)
    shop.put_in_cart(buyer, shop.product(other, price=100, stock=5), 2)
    order_id = shop.checkout(buyer)["id"]
    arrived(buyer, order_id, seller, other)
    buyer.post(f"/orders/{order_id}/return", json={"reason": "changed_mind"}).raise_for_status()
    shop.sign_in_again(operator)
    received = operator.post(f"/orders/{order_id}/return/receive", json={"refund_minor": 600}).raise_for_status()
    assert received.json()["refund_minor"] == 600
    refunded(buyer, order_id, 600)
    assert given(db, order_id) == {seller.headers["X-Seller"]: (500, 1), other.headers["X-Seller"]: (100, 2)}
    assert balance(db, order_id)["gateway_clearing"] == -600
    assert (seen(other, order_id), seen(seller, order_id)) == ([], [])
