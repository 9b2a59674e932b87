"""What happens to an order after it was prepared: parcels, returns, refunds, several sellers."""

from contextlib import closing

import httpx2

from tests import shop
from tests.api.reactor.order import Db, balance, order_of, reaches, stock
from tests.line import eventually

NO_REFUNDS = "tok_4000000000005126"


def test_parcels_carry_the_order_to_its_door(buyer: httpx2.Client, seller: httpx2.Client, product: str) -> None:
    """S9, R-SHP-2: picked up ships, delivered delivers; a late report moves nothing back."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    parcel = reaches(buyer, order_id, "processing")["shipments"][0]["id"]
    change = {"carrier": "Royal Mail", "tracking_number": parcel, "status": "picked_up"}
    seller.patch(f"/shipments/{parcel}", json=change).raise_for_status()
    reaches(buyer, order_id, "shipped")
    assert buyer.post(f"/orders/{order_id}/cancel", json={}).status_code == 409
    seller.patch(f"/shipments/{parcel}", json={"status": "delivered"}).raise_for_status()
    assert reaches(buyer, order_id, "delivered")["delivered_at"]
    changed = seller.patch(f"/shipments/{parcel}", json={"status": "packing"}).json()
    assert changed["status"] == "delivered"
    history = buyer.get(f"/shipments/{parcel}/tracking").json()
    assert [event["status"] for event in history["items"]] == ["picked_up", "delivered", "packing"]
    listed = buyer.get(f"/shipments/{order_id}").json()["items"][0]
    assert listed["last_event"]["status"] == "packing"
    assert changed["last_event"] == history["shipment"]["last_event"] == listed["last_event"]


def test_returned_goods_are_refunded_and_restocked(
    buyer: httpx2.Client, seller: httpx2.Client, product: str, db: Db
) -> None:
    """R-ORD-22, R-INV-7: one of two units comes back fit for sale; the order stays delivered."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    order = reaches(buyer, order_id, "processing")
    seller.patch(f"/shipments/{order['shipments'][0]['id']}", json={"status": "delivered"}).raise_for_status()
    reaches(buyer, order_id, "delivered")
    items = [{"order_item_id": order["items"][0]["id"], "quantity": 1}]
    buyer.post(f"/orders/{order_id}/return", json={"reason": "defect", "items": items}).raise_for_status()
    seller.post(f"/orders/{order_id}/return/receive", json={"restock": True}).raise_for_status()
    eventually(lambda: buyer.get(f"/orders/{order_id}").json()["payment"]["refunded_minor"] == 1200)
    eventually(lambda: stock(db, product) == (9, 0))
    seen = buyer.get(f"/orders/{order_id}").json()
    assert (seen["status"], seen["items"][0]["returned_quantity"]) == ("delivered", 1)
    assert balance(db, order_id)["refunds"] == -1200


def test_a_refund_that_the_gateway_refuses_is_tried_again_and_then_told(
    buyer: httpx2.Client, operator: httpx2.Client, product: str, db: Db
) -> None:
    """R-PAY-12: six tries, then failed; nothing is booked; an operator may have it retried."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id, NO_REFUNDS).raise_for_status()
    shop.sign_in_again(operator)
    wish = {"order_id": order_id, "amount_minor": 100, "reason": "a gift"}
    refund = operator.post("/refunds", json=wish).raise_for_status().json()
    assert refund["status"] == "approved"

    def failed() -> bool:
        db.execute("UPDATE refunds SET next_attempt_at = now() WHERE id = %s AND status = 'approved'", [refund["id"]])
        return bool(operator.get(f"/refunds/{refund['id']}").json()["status"] == "failed")

    eventually(failed, within=30)
    assert operator.get(f"/refunds/{refund['id']}").json()["attempts"] == 6
    assert balance(db, order_id)["gateway_clearing"] == -2400
    decision = operator.post(f"/refunds/{refund['id']}/decision", json={"decision": "retry"})
    assert decision.json()["status"] == "approved"


def test_an_order_of_two_sellers_is_one_order_with_a_parcel_each(
    buyer: httpx2.Client, seller: httpx2.Client, saga: str, category: str, db: Db
) -> None:
    """R-ORD-23, R-LED-4: one payment, own lines and parcels, own books; a seller refunds own lines only."""
    other, other_id = shop.seller(saga)
    with closing(other):
        shop.put_in_cart(buyer, shop.product(seller, price=1000, stock=5), 1)
        shop.put_in_cart(buyer, shop.product(other, price=300, stock=5), 2)
        order_id = shop.checkout(buyer)["id"]
        shop.pay(buyer, order_id).raise_for_status()
        order = reaches(buyer, order_id, "processing")
        assert {parcel["seller_id"] for parcel in order["shipments"]} == {seller.headers["X-Seller"], other_id}
        mine = other.get(f"/orders/{order_id}").json()
        assert (mine["total_minor"], len(mine["items"]), len(mine["shipments"])) == (600, 1, 1)
        assert other.post(f"/orders/{order_id}/cancel", json={"reason": "seller_request"}).status_code == 404
        wish = {"order_id": order_id, "reason": "arrived broken"}
        assert other.post("/refunds", json=wish | {"amount_minor": 601}).status_code == 409
        assert other.post("/refunds", json=wish).json()["amount_minor"] == 600
        eventually(lambda: buyer.get(f"/orders/{order_id}").json()["payment"]["refunded_minor"] == 600)
    back = db.execute(
        "SELECT DISTINCT l.seller_id::text FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id "
        "WHERE e.order_id = %s AND l.account = 'refunds'", [order_id],
    )  # fmt: skip
    assert back.fetchall() == [(other_id,)]
