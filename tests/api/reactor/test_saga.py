"""An order's life up to its parcels: every end is legal, and money, goods and books agree (R-ORD-10)."""

import httpx2
import pytest

from tests import shop
from tests.api.reactor.order import Db, balance, order_of, reaches, stock
from tests.line import eventually

LOST, LATE, LATE_DECLINE = (
    "tok_4000000000000408", "tok_4000000000000202", "tok_4000000000000210"
)  # fmt: skip


def test_a_paid_order_is_confirmed_and_prepared(buyer: httpx2.Client, product: str, db: Db) -> None:
    """S6 to S8: confirmed, stock deducted, cart converted, a parcel per seller, the money in the books."""
    order_id = order_of(buyer, product)
    paid = shop.pay(buyer, order_id)
    assert (paid.status_code, paid.json()["status"]) == (200, "success")
    order = reaches(buyer, order_id, "processing")
    assert len(order["shipments"]) == 1
    eventually(lambda: stock(db, product) == (8, 0))
    assert balance(db, order_id) == {
        "gateway_clearing": -2400, "sales": 2400, "commission_charged": -240, "commission_income": 240
    }  # fmt: skip
    cart = db.execute("SELECT c.status FROM carts c JOIN orders o ON o.cart_id = c.id WHERE o.id = %s", [order_id])
    assert cart.fetchone() == ("converted",)


def test_a_declined_order_is_cancelled_and_its_cart_comes_back(buyer: httpx2.Client, product: str, db: Db) -> None:
    """C1, R-PAY-5, R-CRT-5: 402 with the reason; stock free, cart restored, nothing booked."""
    order_id = order_of(buyer, product)
    declined = shop.pay(buyer, order_id, shop.DECLINED)
    assert (declined.status_code, declined.json()["reason"]) == (402, "card_declined")
    order = reaches(buyer, order_id, "cancelled")
    assert order["cancellation_reason"] == "payment_failed"
    eventually(lambda: stock(db, product) == (10, 0))
    cart = eventually(lambda: buyer.get("/cart").json()["items"])
    assert [line["quantity"] for line in cart] == [2]
    assert balance(db, order_id) == {}


def test_a_lost_answer_is_asked_for_and_charged_once(buyer: httpx2.Client, product: str, db: Db) -> None:
    """R-PAY-3."""
    order_id = order_of(buyer, product)
    assert shop.pay(buyer, order_id, LOST).json()["status"] == "success"
    reaches(buyer, order_id, "processing")
    charged = db.execute("SELECT count(*) FROM card_network.operations o JOIN payment_operations p "
                         "USING (idempotency_ref) JOIN payments y ON y.id = p.payment_id WHERE y.order_id = %s",
                         [order_id])  # fmt: skip
    assert charged.fetchone() == (1,)


@pytest.mark.parametrize(("card", "end"), [(LATE, "processing"), (LATE_DECLINE, "cancelled")])
def test_a_late_answer_comes_by_webhook(buyer: httpx2.Client, product: str, card: str, end: str) -> None:
    """R-PAY-6, R-PAY-7: processing at first, then the provider's signed webhook decides."""
    order_id = order_of(buyer, product)
    assert shop.pay(buyer, order_id, card).json()["status"] == "processing"
    reaches(buyer, order_id, end)


def test_a_paid_order_that_is_cancelled_is_refunded(buyer: httpx2.Client, product: str, db: Db) -> None:
    """C3: stock put back, parcels called off, the money and the books at zero."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    eventually(lambda: stock(db, product) == (8, 0))
    cancelled = buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status().json()
    assert cancelled["status"] == "cancelled"
    assert buyer.post(f"/orders/{order_id}/cancel", json={}).status_code == 200
    order = eventually(lambda: (o := buyer.get(f"/orders/{order_id}").json())["payment"]["status"] == "refunded" and o)
    assert order["payment"]["refunded_minor"] == 2400
    eventually(lambda: stock(db, product) == (10, 0))
    eventually(lambda: buyer.get(f"/orders/{order_id}").json()["shipments"][0]["status"] == "cancelled")
    assert balance(db, order_id) == {
        "gateway_clearing": 0, "sales": 2400, "refunds": -2400, "commission_charged": 0, "commission_income": 0
    }  # fmt: skip


def test_an_unpaid_order_is_cancelled_when_its_hold_ends(buyer: httpx2.Client, product: str, db: Db) -> None:
    """R-ORD-11, R-INV-4: by the sweeper, at most 10 s later; the payment that was begun is expired."""
    order_id = order_of(buyer, product)
    buyer.post("/payments/intent", json={"order_id": order_id}).raise_for_status()
    db.execute("UPDATE orders SET hold_expires_at = now() WHERE id = %s", [order_id])
    db.execute("UPDATE payments SET expires_at = now() WHERE order_id = %s", [order_id])
    order = reaches(buyer, order_id, "cancelled", within=10)
    assert (order["cancellation_reason"], order["payment"]["status"]) == ("payment_expired", "expired")
    eventually(lambda: stock(db, product) == (10, 0), within=10)
    eventually(lambda: buyer.get("/cart").json()["items"])


def test_a_charge_whose_process_died_is_settled(buyer: httpx2.Client, product: str, db: Db) -> None:
    """R-PAY-2, R-ORD-10: the request was committed, then the process was killed; the gateway never heard of it."""
    order_id = order_of(buyer, product)
    payment = buyer.post("/payments/intent", json={"order_id": order_id}).raise_for_status().json()
    db.execute("UPDATE payments SET status = 'processing' WHERE id = %s", [payment["id"]])
    db.execute(
        "INSERT INTO payment_operations (id, payment_id, kind, amount_minor, status, idempotency_ref, updated_at) "
        "VALUES (uuidv7(), %s, 'capture', 2400, 'requested', %s, now() - interval '1 minute')",
        [payment["id"], f"charge:{payment['id']}"],
    )
    order = reaches(buyer, order_id, "cancelled")
    assert order["payment"]["failure_reason"] == "not_received"


def test_money_for_a_cancelled_order_goes_back(buyer: httpx2.Client, product: str, db: Db) -> None:
    """R-ORD-14, C2: the order was cancelled while the gateway decided; the charge is refunded, no order without end."""
    order_id = order_of(buyer, product)
    assert shop.pay(buyer, order_id, LATE).json()["status"] == "processing"
    buyer.post(f"/orders/{order_id}/cancel", json={}).raise_for_status()
    eventually(lambda: buyer.get(f"/payments/{order_id}").json()["current"]["status"] == "refunded")
    assert stock(db, product) == (10, 0)
    assert set(balance(db, order_id).values()) <= {0, 2400, -2400}


def test_a_hold_that_ran_out_is_taken_again_or_the_money_goes_back(
    buyer: httpx2.Client, seller: httpx2.Client, saga: str, db: Db
) -> None:
    """R-ORD-13: paid after the hold ended; with stock it stands, without it ends as stock_unavailable, refunded."""
    ends = []
    for left in (5, 0):
        product = shop.product(seller, price=500, stock=5)
        order_id = order_of(buyer, product, units=1)
        db.execute(
            "WITH r AS (UPDATE reservations SET status = 'expired' WHERE order_id = %s) "
            "UPDATE inventory SET reserved = 0, on_hand = %s WHERE product_id = %s", [order_id, left, product],
        )  # fmt: skip
        shop.pay(buyer, order_id).raise_for_status()
        order = reaches(buyer, order_id, "processing" if left else "cancelled")
        ends.append(order["cancellation_reason"])
    assert ends == [None, "stock_unavailable"]
    eventually(lambda: buyer.get(f"/payments/{order_id}").json()["current"]["status"] == "refunded")
