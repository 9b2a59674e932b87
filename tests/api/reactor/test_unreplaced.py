"""Replacements that were promised and do not arrive, in orders of which other goods stay paid (R-ORD-20)."""

from typing import Any

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, comes_back, reaches, stock
from tests.api.reactor.test_complaints import settled
from tests.api.reactor.test_not_sent import Sale, other, sale, sold
from tests.line import eventually

__all__ = ["other", "sale"]


def arrived(sale: Sale) -> dict[str, Any]:
    """Both parcels are with the shopper."""
    sale.send("delivered")
    sale.other.patch(f"/shipments/{sale.parcels[1]}", json={"status": "delivered"}).raise_for_status()
    return reaches(sale.buyer, sale.order_id, "delivered")


def replacement(sale: Sale, number: int = 1) -> str:
    """The parcel that a complaint about the first line has brought; its id."""
    settled(sale.buyer, sale.seller, sale.seen(), "replacement")
    parcels = eventually(lambda: found if len(found := replacements(sale)) == number else None)
    assert parcels
    return str(parcels[-1]["id"])


def replacements(sale: Sale) -> list[dict[str, Any]]:
    return [parcel for parcel in sale.seen()["shipments"] if parcel["kind"] == "replacement"]


def drop(sale: Sale, parcel: str, by: httpx2.Client | None = None) -> httpx2.Response:
    return (by or sale.seller).patch(f"/shipments/{parcel}", json={"status": "cancelled"})


def refunds(by: httpx2.Client, sale: Sale) -> list[tuple[str, int, str]]:
    found = by.get("/refunds", params={"order_id": sale.order_id}).raise_for_status().json()["items"]
    return sorted((one["cause_type"], one["amount_minor"], one["status"]) for one in found)


def test_what_cannot_be_sent_again_is_paid_back(sale: Sale, db: Db) -> None:
    """E-SHP-5: its units are in stock again, its price goes back once, and the other seller's goods stay sold."""
    arrived(sale)
    parcel = replacement(sale)
    assert stock(db, sale.products[0]) == (6, 0)
    assert drop(sale, parcel, by=sale.other).status_code == 404
    assert drop(sale, parcel).raise_for_status().json()["status"] == "cancelled"
    eventually(lambda: sale.kept() == 777)
    eventually(lambda: stock(db, sale.products[0]) == (8, 0))
    assert drop(sale, parcel).json()["current_status"] == "cancelled"
    seen = sale.seen()
    assert (seen["status"], seen["returns"]) == ("delivered", [])
    assert [(line["refunded_minor"], line["returned_quantity"]) for line in seen["items"]] == [(2400, 0), (0, 0)]
    assert refunds(sale.buyer, sale) == refunds(sale.seller, sale) == [("replacement", 2400, "succeeded")]
    assert refunds(sale.other, sale) == []
    books = balance(db, sale.order_id)
    assert (books["gateway_clearing"], books["refunds"], sum(books.values())) == (-777, -2400, 0)
    complaint = sale.buyer.get(f"/orders/{sale.order_id}/complaint").json()
    assert (complaint["status"], complaint["resolution_type"]) == ("resolved", "replacement")


def test_both_sides_are_told(sale: Sale) -> None:
    """R-NOT-1: that it does not come and what is paid back, once each, and nothing to the other seller."""
    arrived(sale)
    drop(sale, replacement(sale)).raise_for_status()
    eventually(lambda: told(sale.buyer, sale.order_id) == told(sale.seller, sale.order_id) == 1)
    eventually(lambda: sale.kept() == 777)
    assert told(sale.other, sale.order_id) == 0
    facts = [one["event"] for one in sale.buyer.get(f"/orders/{sale.order_id}/timeline").json()["items"]]
    assert facts.index("shipment.cancelled") < facts.index("refund.approved") < facts.index("refund.succeeded")


def told(person: httpx2.Client, order_id: str) -> int:
    found = person.get("/notifications", params={"limit": 100}).raise_for_status().json()["items"]
    own = [one for one in found if (one["target"] or {}).get("id") == order_id and one["type"] == "return_update"]
    return len([one for one in own if one["channel"] == "in_app"])


def test_what_comes_back_is_paid_back(sale: Sale, pg: str, db: Db) -> None:
    """8.4: nobody pays for what did not arrive; its goods wait for who looks at them."""
    arrived(sale)
    parcel = replacement(sale)
    sale.seller.patch(f"/shipments/{parcel}", json={"status": "picked_up"}).raise_for_status()
    assert drop(sale, parcel).json()["current_status"] == "picked_up"
    comes_back(pg, parcel)
    eventually(lambda: sale.kept() == 777)
    assert stock(db, sale.products[0]) == (6, 0)
    assert sale.seen()["status"] == "delivered"


def test_what_was_given_back_before_is_not_paid_twice(sale: Sale, db: Db) -> None:
    """R-PAY-10: at most what the line still costs; with all of it gone nothing follows."""
    arrived(sale)
    parcel = replacement(sale)
    settled(sale.buyer, sale.seller, sale.seen(), "refund", amount_minor=900)
    eventually(lambda: sale.kept() == 2277)
    drop(sale, parcel).raise_for_status()
    eventually(lambda: sale.kept() == 777)
    second = replacement(sale, 2)
    drop(sale, second).raise_for_status()
    eventually(lambda: stock(db, sale.products[0]) == (8, 0))
    assert refunds(sale.buyer, sale) == [("complaint", 900, "succeeded"), ("replacement", 1500, "succeeded")]


def test_what_is_promised_once_more_is_not_paid_back(sale: Sale, pg: str) -> None:
    """The first one got lost and comes back when the second one has arrived: the shopper has the goods."""
    arrived(sale)
    first = replacement(sale)
    sale.seller.patch(f"/shipments/{first}", json={"status": "picked_up"}).raise_for_status()
    second = replacement(sale, 2)
    sale.seller.patch(f"/shipments/{second}", json={"status": "delivered"}).raise_for_status()
    comes_back(pg, first)
    eventually(lambda: replacements(sale)[0]["status"] == "returned")
    third = replacement(sale, 3)
    assert sale.kept() == 3177
    drop(sale, third).raise_for_status()
    eventually(lambda: sale.kept() == 777)


def test_goods_that_came_back_and_are_not_replaced(sale: Sale, pg: str, db: Db) -> None:
    """8.4: units and money, as if nothing had been promised; the order arrives with the other seller's goods."""
    sale.send("picked_up")
    sale.other.patch(f"/shipments/{sale.parcels[1]}", json={"status": "delivered"}).raise_for_status()
    reaches(sale.buyer, sale.order_id, "shipped")
    parcel = replacement(sale)
    comes_back(pg, sale.parcels[0])
    eventually(lambda: sale.seen()["shipments"][0]["status"] == "returned")
    drop(sale, parcel).raise_for_status()
    reaches(sale.buyer, sale.order_id, "delivered")
    eventually(lambda: sale.kept() == 777)
    assert [line["returned_quantity"] for line in sale.seen()["items"]] == [2, 0]
    assert refunds(sale.buyer, sale) == [("return", 2400, "succeeded")]
    eventually(lambda: stock(db, sale.products[0]) == (8, 0))


def test_an_order_arrives_with_what_replaces_a_lost_parcel(sale: Sale, db: Db) -> None:
    """8.4: its seller says that the first one is lost, and nothing is paid back for what arrived."""
    sale.send("picked_up")
    sale.other.patch(f"/shipments/{sale.parcels[1]}", json={"status": "delivered"}).raise_for_status()
    reaches(sale.buyer, sale.order_id, "shipped")
    again = replacement(sale)
    sale.seller.patch(f"/shipments/{again}", json={"status": "delivered"}).raise_for_status()
    sale.send("returned_to_sender")
    reaches(sale.buyer, sale.order_id, "delivered")
    assert (sale.kept(), refunds(sale.buyer, sale)) == (3177, [])
    assert stock(db, sale.products[0]) == (6, 0)


def test_a_whole_order_that_is_not_replaced_is_paid_back_by_each_seller(sale: Sale, operator: httpx2.Client) -> None:
    """R-ORD-23: a parcel each; with the last money the order has ended."""
    shop.sign_in_again(operator)
    arrived(sale)
    sale.buyer.post(f"/orders/{sale.order_id}/complaint", json={"type": "defect", "description": "All."})
    said = {"resolution_type": "replacement"}
    operator.post(f"/orders/{sale.order_id}/complaint/resolve", json=said).raise_for_status()
    eventually(lambda: len(replacements(sale)) == 2)
    mine = {parcel["seller_id"]: parcel["id"] for parcel in replacements(sale)}
    drop(sale, mine[sale.other.headers["X-Seller"]], by=sale.other).raise_for_status()
    eventually(lambda: sale.kept() == 2400)
    assert refunds(sale.other, sale) == [("replacement", 777, "succeeded")]
    drop(sale, mine[sale.seller.headers["X-Seller"]]).raise_for_status()
    reaches(sale.buyer, sale.order_id, "refunded")
    assert sale.kept() == 0


def test_what_was_returned_for_its_price_is_not_sent_again(sale: Sale, operator: httpx2.Client, db: Db) -> None:
    """8.4: an order whose money all went back by a return has nothing more to send."""
    shop.sign_in_again(operator)
    arrived(sale)
    replacement(sale)
    sale.buyer.post(f"/orders/{sale.order_id}/return", json={"reason": "defect"}).raise_for_status()
    back = {"accepted": True, "restock": False}
    operator.post(f"/orders/{sale.order_id}/return/receive", json=back).raise_for_status()
    reaches(sale.buyer, sale.order_id, "returned")
    eventually(lambda: replacements(sale)[0]["status"] == "cancelled")
    eventually(lambda: stock(db, sale.products[0]) == (8, 0))
    assert (sale.kept(), refunds(sale.buyer, sale)) == (0, [("return", 3177, "succeeded")])


@pytest.mark.parametrize("early", [True, False])
def test_cash_goes_back_once_it_was_paid(  # noqa: PLR0917 - fixtures
    buyer: httpx2.Client, seller: httpx2.Client, other: httpx2.Client, product: str, db: Db, early: bool
) -> None:
    """R-PAY-9: into the wallet, also when the parcel was called off before the carrier had all of the cash."""
    sale = sold(buyer, seller, other, product, "cod")
    sale.send("delivered")
    eventually(lambda: sale.seen()["shipments"][0]["status"] == "delivered")
    parcel = replacement(sale)
    if early:
        drop(sale, parcel).raise_for_status()
        eventually(lambda: stock(db, product) == (8, 0))
    sale.other.patch(f"/shipments/{sale.parcels[1]}", json={"status": "delivered"}).raise_for_status()
    reaches(buyer, sale.order_id, "delivered")
    if not early:
        drop(sale, parcel).raise_for_status()
    eventually(lambda: (sale.seen()["payment"]["captured_minor"], sale.kept()) == (3177, 777))
    assert sum(wallet["balance_minor"] for wallet in buyer.get("/wallet").json()["items"]) == 2400
    books = balance(db, sale.order_id)
    assert (books["gateway_clearing"], books["wallet_liability"], sum(books.values())) == (-3177, 2400, 0)
