"""Parcels that do not reach their shopper, beside one of another seller that does; and orders paid back before."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, comes_back, reaches, stock
from tests.line import eventually


class Sale(NamedTuple):
    """An order of two units at 12.00 from `seller` and one at 7.77 from `other`; parcels and products in that order."""

    buyer: httpx2.Client
    seller: httpx2.Client
    other: httpx2.Client
    order_id: str
    parcels: tuple[str, str]
    products: tuple[str, str]

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = self.buyer.get(f"/orders/{self.order_id}").raise_for_status().json()
        return found

    def kept(self) -> int:
        payment = self.seen()["payment"]
        return int(payment["captured_minor"] - payment["refunded_minor"])

    def send(self, status: str) -> None:
        self.seller.patch(f"/shipments/{self.parcels[0]}", json={"status": status}).raise_for_status()

    def drop(self) -> httpx2.Response:
        return self.other.patch(f"/shipments/{self.parcels[1]}", json={"status": "cancelled"})


@pytest.fixture(scope="module")
def other(saga: str, category: str) -> Iterator[httpx2.Client]:
    """A second seller in GBP."""
    with closing(shop.seller(saga)[0]) as client:
        yield client


@pytest.fixture
def sale(buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, product: str) -> Sale:
    """Paid by card."""
    return sold(buyer, seller, other, product, "card")


def sold(buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, product: str, method: str) -> Sale:
    second = shop.product(other, price=777, stock=5)
    shop.put_in_cart(buyer, product, 2)
    shop.put_in_cart(buyer, second, 1)
    said = {"address": shop.ADDRESS, "payment_method": method}
    order_id = buyer.post("/checkout", json=said).raise_for_status().json()["order"]["id"]
    payment = buyer.post("/payments/intent", json={"order_id": order_id}).raise_for_status().json()["id"]
    token = {"gateway_token": shop.APPROVED} if method == "card" else {}
    buyer.post("/payments/confirm", json={"payment_id": payment, **token}).raise_for_status()
    reaches(buyer, order_id, "processing")
    of = {parcel["seller_id"]: parcel["id"] for parcel in buyer.get(f"/shipments/{order_id}").json()["items"]}
    parcels = of[seller.headers["X-Seller"]], of[other.headers["X-Seller"]]
    return Sale(buyer, seller, other, order_id, parcels, (product, second))


def test_a_parcel_that_is_not_sent_is_paid_back_and_the_others_go_on(sale: Sale, db: Db) -> None:
    """E-SHP-5, R-ORD-23: the shopper of a parcel that has arrived is no longer kept waiting by another seller."""
    sale.send("delivered")
    eventually(lambda: sale.seen()["shipments"][0]["status"] == "delivered")
    assert sale.seen()["status"] == "processing"
    assert sale.drop().raise_for_status().json()["status"] == "cancelled"
    order = reaches(sale.buyer, sale.order_id, "delivered")
    assert order["allowed_actions"] == ["return", "complain"]
    eventually(lambda: sale.kept() == 2400)
    eventually(lambda: stock(db, sale.products[1]) == (5, 0))
    lines = {line["product_id"]: (line["refunded_minor"], line["returned_quantity"]) for line in sale.seen()["items"]}
    assert lines == {sale.products[0]: (0, 0), sale.products[1]: (777, 1)}
    assert sale.drop().json()["type"] == "/problems/order-state"


def test_the_last_parcel_that_is_not_sent_takes_the_order_with_it(sale: Sale, db: Db) -> None:
    """8.4: no parcel has left, so it is cancelled; what was put back before is not put back again."""
    sale.drop().raise_for_status()
    eventually(lambda: sale.kept() == 2400)
    sale.send("cancelled")
    order = reaches(sale.buyer, sale.order_id, "cancelled")
    assert order["id"] == sale.order_id
    eventually(lambda: sale.kept() == 0)
    eventually(lambda: (stock(db, sale.products[0]), stock(db, sale.products[1])) == ((10, 0), (5, 0)))
    assert balance(db, sale.order_id)["gateway_clearing"] == 0


def test_an_order_that_is_cancelled_later_gives_the_rest_back(sale: Sale, db: Db) -> None:
    """R-INV-7, R-PAY-10."""
    sale.drop().raise_for_status()
    eventually(lambda: sale.kept() == 2400)
    eventually(lambda: stock(db, sale.products[1]) == (5, 0))
    sale.buyer.post(f"/orders/{sale.order_id}/cancel", json={}).raise_for_status()
    eventually(lambda: sale.kept() == 0)
    eventually(lambda: (stock(db, sale.products[0]), stock(db, sale.products[1])) == ((10, 0), (5, 0)))


def test_what_has_left_or_is_another_sellers_is_not_called_off(sale: Sale) -> None:
    """R-SHP-2, R-API-9."""
    sale.send("picked_up")
    refused = sale.seller.patch(f"/shipments/{sale.parcels[0]}", json={"status": "cancelled"})
    assert (refused.status_code, refused.json()["current_status"]) == (409, "picked_up")
    foreign = sale.seller.patch(f"/shipments/{sale.parcels[1]}", json={"status": "cancelled"})
    assert foreign.status_code == 404


def test_a_seller_tells_that_a_parcel_came_back_or_is_lost(sale: Sale) -> None:
    """E-SHP-5, 8.4: no carrier may be there to tell; the order waited for it, and its shopper's money, for ever."""
    sale.send("delivered")
    parcel = f"/shipments/{sale.parcels[1]}"
    sale.other.patch(parcel, json={"status": "picked_up"}).raise_for_status()
    reaches(sale.buyer, sale.order_id, "shipped")
    assert sale.seller.patch(parcel, json={"status": "returned_to_sender"}).status_code == 404
    for _ in range(2):
        told = sale.other.patch(parcel, json={"status": "returned_to_sender", "location": "Leeds"})
        assert told.raise_for_status().json()["status"] == "returned"
    reaches(sale.buyer, sale.order_id, "delivered")
    eventually(lambda: sale.kept() == 2400)


def test_a_parcel_that_came_back_is_paid_back_although_another_arrived(sale: Sale, pg: str, db: Db) -> None:
    """8.4: nobody pays for what did not arrive; its goods wait for who looks at them."""
    sale.send("delivered")
    sale.other.patch(f"/shipments/{sale.parcels[1]}", json={"status": "picked_up"}).raise_for_status()
    comes_back(pg, sale.parcels[1])
    reaches(sale.buyer, sale.order_id, "delivered")
    eventually(lambda: sale.kept() == 2400)
    assert stock(db, sale.products[1]) == (4, 0)


def test_what_comes_back_is_paid_back_whatever_becomes_of_the_rest_of_a_return(sale: Sale, pg: str) -> None:
    """R-PAY-11: the shopper asked to return both; nobody decides on what never arrived."""
    sale.send("delivered")
    sale.other.patch(f"/shipments/{sale.parcels[1]}", json={"status": "picked_up"}).raise_for_status()
    reaches(sale.buyer, sale.order_id, "shipped")
    path = f"/orders/{sale.order_id}/return"
    assert sale.buyer.post(path, json={"reason": "changed_mind"}).raise_for_status().json()["refund_minor"] == 3177
    assert sale.seller.post(f"{path}/receive", json={}).status_code == 403
    comes_back(pg, sale.parcels[1])
    reaches(sale.buyer, sale.order_id, "delivered")
    eventually(lambda: sale.kept() == 2400)
    (asked,) = [back for back in sale.seen()["returns"] if back["status"] == "requested"]
    assert (asked["refund_minor"], [line["product_id"] for line in asked["items"]]) == (2400, [sale.products[0]])
    assert sale.seller.post(f"{path}/receive", json={"accepted": False}).raise_for_status().json()["id"] == asked["id"]
    assert sale.kept() == 2400


def test_nothing_is_promised_for_cash_that_was_never_taken(
    buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, product: str, pg: str
) -> None:
    """R-PAY-9: what came back was not paid for at the door, and cannot be returned once more."""
    sale = sold(buyer, seller, other, product, "cod")
    sale.send("delivered")
    sale.other.patch(f"/shipments/{sale.parcels[1]}", json={"status": "picked_up"}).raise_for_status()
    comes_back(pg, sale.parcels[1])
    reaches(buyer, sale.order_id, "delivered")
    eventually(lambda: sale.kept() == 2400)
    (line,) = [item["id"] for item in sale.seen()["items"] if item["product_id"] == sale.products[1]]
    wish = {"reason": "missing", "items": [{"order_item_id": line, "quantity": 1}]}
    assert buyer.post(f"/orders/{sale.order_id}/return", json=wish).status_code == 422
    assert [back["refund_minor"] for back in sale.seen()["returns"]] == [0]


def _told(seller: httpx2.Client, order_number: str) -> bool:
    found = seller.get("/notifications", params={"type": "order_cancelled"}).raise_for_status().json()["items"]
    return any(message["subject"] == f"Order {order_number} was cancelled" for message in found)


def test_an_order_that_is_paid_back_is_not_sent(sale: Sale, operator: httpx2.Client, db: Db) -> None:
    """8.4: refunded before it left: the sellers' parcels are called off, the goods are in stock again."""
    operator.post("/refunds", json={"order_id": sale.order_id, "reason": "a mistake of ours"}).raise_for_status()
    order = reaches(sale.buyer, sale.order_id, "refunded")
    eventually(lambda: {parcel["status"] for parcel in sale.seen()["shipments"]} == {"cancelled"})
    eventually(lambda: (stock(db, sale.products[0]), stock(db, sale.products[1])) == ((10, 0), (5, 0)))
    eventually(lambda: _told(sale.seller, order["order_number"]) and _told(sale.other, order["order_number"]))
    sent = sale.seller.patch(f"/shipments/{sale.parcels[0]}", json={"status": "picked_up"})
    assert sent.json()["type"] == "/problems/order-state"
