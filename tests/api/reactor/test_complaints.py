"""What a verdict on a complaint promises, through the log: money, goods, each once (R-ORD-20)."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from api import db as database
from api.complaints import service as complaints
from streams.events.complaints import ComplaintResolved
from tests import shop
from tests.api.reactor.order import Db, balance, order_of, reaches, stock
from tests.line import eventually


def delivered(buyer: httpx2.Client, seller: httpx2.Client, product: str) -> dict[str, Any]:
    """An order of two units that has arrived."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    parcel = reaches(buyer, order_id, "processing")["shipments"][0]["id"]
    seller.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
    return reaches(buyer, order_id, "delivered")


def settled(buyer: httpx2.Client, by: httpx2.Client, order: dict[str, Any], how: str, **said: object) -> str:
    """A complaint about the order's first line, settled; its id."""
    fields = {"type": "defect", "description": "It leaks.", "order_item_id": order["items"][0]["id"]}
    complaint_id: str = buyer.post(f"/orders/{order['id']}/complaint", json=fields).raise_for_status().json()["id"]
    verdict = {"resolution_type": how, **said}
    by.post(f"/orders/{order['id']}/complaint/resolve", json=verdict).raise_for_status()
    return complaint_id


def promised(buyer: httpx2.Client, order_id: str) -> tuple[int, int, int]:
    """Parcels of an order, money in the wallet, refunds of the order."""
    parcels = buyer.get(f"/orders/{order_id}").json()["shipments"]
    wallets = buyer.get("/wallet").json()["items"]
    refunds = buyer.get("/refunds", params={"order_id": order_id}).json()["items"]
    return len(parcels), sum(wallet["balance_minor"] for wallet in wallets), len(refunds)


def parcels_followed(db: Db) -> int:
    """How many reports about parcels were reacted to."""
    row = db.execute("SELECT count(*) FROM inbox WHERE reaction = 'follow_parcel'").fetchone()
    assert row
    return int(row[0])


def test_a_resolved_complaint_is_refunded_once(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db
) -> None:
    """R-ORD-20, R-PAY-11: to the card, approved by rule, with the complaint as its cause; the order stays delivered."""
    order = delivered(buyer, seller, product)
    complaint_id = settled(buyer, seller, order, "refund", amount_minor=700)
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["payment"]["refunded_minor"] == 700)
    rows = db.execute("SELECT cause_type, target, amount_minor FROM refunds WHERE cause_id = %s", [complaint_id])
    assert rows.fetchall() == [("complaint", "original", 700)]
    assert balance(db, order["id"])["refunds"] == -700
    seen = buyer.get(f"/orders/{order['id']}").json()
    assert (seen["status"], seen["items"][0]["refunded_minor"]) == ("delivered", 700)


def test_a_refund_of_everything_ends_the_order(buyer: httpx2.Client, seller: httpx2.Client, product: str) -> None:
    """8.4: the whole captured amount went back without a return."""
    order = delivered(buyer, seller, product)
    settled(buyer, seller, order, "refund")
    assert reaches(buyer, order["id"], "refunded")["payment"]["refunded_minor"] == 2400


def test_a_refund_is_borne_by_the_line_it_is_about(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db
) -> None:
    """R-ORD-23, R-LED-4: whatever else the order holds."""
    shop.put_in_cart(buyer, shop.product(seller, price=5000, stock=1), 1)
    order = delivered(buyer, seller, product)
    settled(buyer, seller, order, "refund", amount_minor=100)
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["payment"]["refunded_minor"] == 100)
    seen = buyer.get(f"/orders/{order['id']}").json()["items"]
    assert [line["refunded_minor"] for line in seen] == [100, 0]
    assert balance(db, order["id"])["refunds"] == -100


def test_a_replacement_is_held_deducted_and_sent_once(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db
) -> None:
    """R-ORD-20, R-INV-8: stock leaves, a parcel of price 0 goes to the same address; the order's life stays."""
    order = delivered(buyer, seller, product)
    assert stock(db, product) == (8, 0)
    complaint_id = settled(buyer, seller, order, "replacement")
    parcel = eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["shipments"][1:])[0]
    assert (parcel["kind"], parcel["status"]) == ("replacement", "pending")
    listed = buyer.get(f"/shipments/{order['id']}").json()["items"]
    assert [one["kind"] for one in listed] == ["outbound", "replacement"]
    assert stock(db, product) == (6, 0)
    row = db.execute(
        "SELECT s.shipping_cost_minor, i.quantity, s.destination_address = o.shipping_address FROM shipments s "
        "JOIN shipment_items i ON i.shipment_id = s.id JOIN orders o ON o.id = s.order_id WHERE s.id = %s",
        [parcel["id"]],
    ).fetchone()
    assert row == (0, 2, True)
    held = db.execute("SELECT cause_type, status FROM reservations WHERE cause_id = %s", [complaint_id]).fetchall()
    assert held == [("replacement", "deducted")]
    version, followed = buyer.get(f"/orders/{order['id']}").json()["version"], parcels_followed(db)
    seller.patch(f"/shipments/{parcel['id']}", json={"status": "delivered"}).raise_for_status()
    eventually(lambda: parcels_followed(db) == followed + 1)
    assert buyer.get(f"/orders/{order['id']}").json()["version"] == version


@pytest.mark.parametrize("how", ["replacement", "store_credit", "refund"])
async def test_a_repeat_promises_nothing_more(
    pg: str, buyer: httpx2.Client, seller: httpx2.Client, product: str, how: str
) -> None:
    """R-ORD-20: by what stands already, not by the inbox alone."""
    order = delivered(buyer, seller, product)
    complaint_id = UUID(settled(buyer, seller, order, how))
    before = eventually(lambda: seen if (seen := promised(buyer, order["id"])) != (1, 0, 0) else None)
    fact = ComplaintResolved(
        complaint_id=complaint_id, order_id=UUID(order["id"]), type="defect", resolution_type=how,
        amount_minor=None if how == "replacement" else 2400, currency="GBP", open_for_s=0,
    )  # fmt: skip
    pool = database.engine(pg, size=1)
    async with database.transaction(pool) as conn:
        await complaints.settle(conn, fact)
    await pool.dispose()
    assert promised(buyer, order["id"]) == before


def test_store_credit_is_in_the_wallet_once(buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db) -> None:
    """R-ORD-20, R-PAY-13, 10.1: an entry and its place in the books; who sold the goods bears it, the order stays."""
    order = delivered(buyer, seller, product)
    complaint_id = settled(buyer, seller, order, "store_credit", amount_minor=900)
    wallet = eventually(lambda: buyer.get("/wallet").json()["items"])[0]
    assert (wallet["balance_minor"], wallet["currency"]) == (900, "GBP")
    rows = db.execute("SELECT cause_type, delta_minor FROM wallet_entries WHERE cause_id = %s", [complaint_id])
    assert rows.fetchall() == [("store_credit", 900)]
    seen = buyer.get(f"/orders/{order['id']}").json()
    assert (seen["status"], seen["payment"]["refunded_minor"]) == ("delivered", 900)
    books = balance(db, order["id"])
    assert (books["refunds"], books["wallet_liability"], books.get("promotion_expense", 0)) == (-900, 900, 0)
    again = buyer.post(f"/orders/{order['id']}/complaint", json={"type": "other", "description": "More."})
    more = seller.post(
        f"/orders/{order['id']}/complaint/resolve", json={"resolution_type": "store_credit", "amount_minor": 1501}
    )
    assert (again.status_code, more.status_code, more.json()["refundable_minor"]) == (201, 409, 1500)


def test_what_was_credited_is_not_paid_back_once_more(
    buyer: httpx2.Client, seller: httpx2.Client, product: str
) -> None:
    """R-ORD-22, R-PAY-10: a return after store credit gives back what the goods still cost."""
    order = delivered(buyer, seller, product)
    settled(buyer, seller, order, "store_credit", amount_minor=2000)
    eventually(lambda: buyer.get("/wallet").json()["items"])
    asked = buyer.post(f"/orders/{order['id']}/return", json={"reason": "damaged"}).raise_for_status().json()
    assert asked["refund_minor"] == 400
    seller.post(f"/orders/{order['id']}/return/receive", json={"accepted": True}).raise_for_status()
    assert reaches(buyer, order["id"], "returned")["payment"]["captured_minor"] == 2400
    eventually(lambda: buyer.get(f"/orders/{order['id']}").json()["payment"]["refunded_minor"] == 2400)


@pytest.mark.parametrize("accepted", [True, False])
def test_units_that_came_back_are_not_sent_again(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db, accepted: bool
) -> None:
    """E-ORD-8: a replacement is for what is still with the shopper."""
    order = delivered(buyer, seller, product)
    items = [{"order_item_id": order["items"][0]["id"], "quantity": 1}]
    buyer.post(f"/orders/{order['id']}/return", json={"reason": "defect", "items": items}).raise_for_status()
    seller.post(f"/orders/{order['id']}/return/receive", json={"accepted": accepted}).raise_for_status()
    settled(buyer, seller, order, "replacement")
    eventually(lambda: stock(db, product) == ((7, 0) if accepted else (6, 0)))
