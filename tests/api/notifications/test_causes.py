"""What people are told of, each cause once (R-NOT-1, requirements 13.5)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from api import ids
from streams.events import Event
from streams.events.ledger import PayoutFailed, PayoutPaid
from streams.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderReturned,
    OrderShipped,
    ReturnedLine,
    ReturnRequested,
)
from streams.events.payments import PaymentExpired, PaymentFailed
from streams.events.reviews import CommentCreated
from streams.events.sellers import SellerCreated, SellerUpdated
from streams.events.shipping import ShipmentTracked
from streams.events.signals import StockRanLow, StockRanOut
from streams.events.users import UserCreated, UserUpdated
from tests.api.notifications.conftest import Db, Happened, messages, told_to, user_of


def cancelled(order: UUID, reason: str, before: str, due: int = 0) -> OrderCancelled:
    return OrderCancelled(order_id=order, cancellation_reason=reason, cancelled_by="shopper", from_status=before,
                          refund_due_minor=due, currency="GBP")  # fmt: skip


def failed(order: UUID) -> PaymentFailed:
    return PaymentFailed(payment_id=ids.new(), order_id=order, reason="x", amount_minor=2400, currency="GBP")


def tracked(order: UUID, before: str, after: str) -> ShipmentTracked:
    return ShipmentTracked(shipment_id=ids.new(), order_id=order, tracking_status="x", status_before=before,
                           status_after=after, tracked_at=ids.now())  # fmt: skip


def test_a_cause_is_told_once_however_often_it_arrives(reader: httpx2.Client, db: Db, happened: Happened) -> None:
    """R-NOT-1: one row per cause, user, type and channel."""
    user = user_of(reader)
    fact = UserCreated(user_id=user, roles=("shopper",), locale="en", registered_at=ids.now())
    cause = happened(fact)
    for _ in range(2):
        happened(fact, cause)
    assert [row["cause_event_id"] for row in messages(db, user)] == [cause]


def test_old_news_are_no_news(reader: httpx2.Client, db: Db, happened: Happened) -> None:
    """The first start of a reaction does not tell the whole past."""
    user = user_of(reader)
    fact = UserCreated(user_id=user, roles=("shopper",), locale="en", registered_at=ids.now())
    happened(fact, ids.derived(ids.now() - timedelta(days=4), "then"))
    assert not messages(db, user)


def test_a_confirmed_order_is_told_to_both_sides(
    reader: httpx2.Client, seller: httpx2.Client, order: UUID, db: Db, happened: Happened
) -> None:
    """13.5: the seller as new_order, at the shop's address, with own goods only."""
    happened(OrderConfirmed(order_id=order, status="paid", payment_method="card"))
    assert told_to(db, user_of(reader)) == [
        ("order_confirmation", one, "order_confirmation") for one in ("email", "in_app")
    ]
    mail, inbox = messages(db, user_of(seller))
    assert (mail["recipient"], mail["type"], inbox["status"]) == ("shop@example.com", "new_order", "sent")
    assert "Teapot: £24.00" in mail["content"]
    assert "£24.00" in messages(db, user_of(reader))[0]["content"]


def test_parcels(reader: httpx2.Client, order: UUID, db: Db, happened: Happened) -> None:
    """13.5: left, on the road, arrived; steps that change nothing are no news."""
    happened(
        OrderShipped(order_id=order, shipment_id=ids.new(), carrier="DHL", tracking_number="D1", fully_shipped=True)
    )
    for before, after in (("pending", "picked_up"), ("picked_up", "in_transit"), ("in_transit", "in_transit"),
                          ("in_transit", "out_for_delivery"), ("out_for_delivery", "delivered")):  # fmt: skip
        happened(tracked(order, before, after))
    happened(OrderDelivered(order_id=order, shipment_id=ids.new(), delivered_at=ids.now(), fully_delivered=True))
    inbox = [row for row in messages(db, user_of(reader)) if row["channel"] == "in_app"]
    assert [row["template"] for row in inbox] == [
        "order_shipped", "tracking_update", "tracking_update", "order_delivered", "review_invitation"
    ]  # fmt: skip
    assert inbox[0]["content"].endswith("DHL D1")
    pushed = [row["recipient"] for row in messages(db, user_of(reader), channel="push")]
    assert pushed == [str(user_of(reader))] * 3


def test_parcels_that_arrive_together_are_the_orders_arrival_once(
    reader: httpx2.Client, order: UUID, db: Db, happened: Happened
) -> None:
    """R-NOT-1: both are the last one, and nobody is asked twice how the order was."""
    for _ in range(2):
        happened(OrderDelivered(order_id=order, shipment_id=ids.new(), delivered_at=ids.now(), fully_delivered=True))
    inbox = [row["template"] for row in messages(db, user_of(reader)) if row["channel"] == "in_app"]
    assert inbox == ["order_delivered", "review_invitation"]


def test_a_payment_that_failed_is_told_once_and_to_no_seller(
    reader: httpx2.Client, seller: httpx2.Client, order: UUID, db: Db, happened: Happened
) -> None:
    """C1: the cancellation that follows from it says nothing new."""
    intent = reader.post("/payments/intent", json={"order_id": str(order)}).raise_for_status().json()
    db.execute("UPDATE payments SET status = 'failed' WHERE id = %s", [intent["id"]])
    happened(failed(order))
    happened(cancelled(order, "payment_failed", "pending"))
    assert {row["template"] for row in messages(db, user_of(reader))} == {"payment_failed"}
    assert not messages(db, user_of(seller))


def test_an_order_that_nobody_paid_is_told(reader: httpx2.Client, order: UUID, db: Db, happened: Happened) -> None:
    """C1: its hold ran out without a payment, so that the cancellation is the only news."""
    happened(cancelled(order, "payment_expired", "pending"))
    assert {row["template"] for row in messages(db, user_of(reader))} == {"order_cancelled"}


def test_a_cancellation_withdraws_what_was_not_sent(
    reader: httpx2.Client, seller: httpx2.Client, order: UUID, db: Db, happened: Happened
) -> None:
    """R-NOT-6: nobody hears of the order first and of its end later; what was read stays."""
    happened(OrderConfirmed(order_id=order, status="paid", payment_method="card"))
    happened(cancelled(order, "changed_mind", "paid", due=2400))
    for person, kind in ((reader, "order_confirmation"), (seller, "new_order")):
        rows = messages(db, user_of(person))
        assert {(row["type"], row["channel"]): row["status"] for row in rows} == {
            (kind, "email"): "withdrawn", (kind, "in_app"): "sent",
            ("order_cancelled", "email"): "pending", ("order_cancelled", "in_app"): "sent",
        }  # fmt: skip
    assert "£24.00 will be paid back" in messages(db, user_of(reader), channel="in_app")[-1]["content"]


def test_returns_are_told_to_both_sides(
    reader: httpx2.Client, seller: httpx2.Client, order: UUID, db: Db, happened: Happened
) -> None:
    """13.5."""
    line = ReturnedLine(order_item_id=ids.new(), product_id=ids.new(), seller_id=UUID(seller.headers["X-Seller"]),
                        quantity=1, refund_minor=1200)  # fmt: skip
    asked: dict[str, Any] = {"order_id": order, "return_id": ids.new(), "return_reason": "defect", "items": (line,)}
    happened(ReturnRequested(**asked))
    happened(OrderReturned(**asked, refund_amount_minor=1200, currency="GBP", full=False))
    expected = ["return_requested", "return_accepted"]
    assert [row["template"] for row in messages(db, user_of(reader), channel="in_app")] == expected
    expected = [f"{name}_seller" for name in expected]
    assert [row["template"] for row in messages(db, user_of(seller), channel="in_app")] == expected


def test_accounts(reader: httpx2.Client, db: Db, happened: Happened) -> None:
    """13.5: the old address hears of the change too; roles are nobody's news."""
    user, before = user_of(reader), reader.headers["X-Person"]
    happened(UserCreated(user_id=user, roles=("shopper",), locale="en", registered_at=ids.now()))
    db.execute("UPDATE users SET email = %s WHERE id = %s", [f"new-{before}", user])
    change: dict[str, Any] = {"user_id": user, "roles": ("shopper",), "status": "active"}
    cause = happened(UserUpdated(**change, changed=("roles",)))
    cause = happened(UserUpdated(**change, changed=("email", "email_verified")))
    happened(UserUpdated(**change, changed=("email", "email_verified")), cause)
    rows = messages(db, user, type="account_changed")
    assert [row["recipient"] for row in rows if row["cause_event_id"] == cause] == [f"new-{before}"]
    assert sorted(row["recipient"] for row in rows) == [before, f"new-{before}"]


def test_each_address_hears_when_it_is_left(reader: httpx2.Client, db: Db, happened: Happened) -> None:
    """13.5: the one that the account had last, not the one before it."""
    user, first = user_of(reader), reader.headers["X-Person"]
    happened(UserCreated(user_id=user, roles=("shopper",), locale="en", registered_at=ids.now()))
    for address in (f"second-{first}", f"third-{first}"):
        cause = renamed(db, happened, user, address)
    told = [row["recipient"] for row in messages(db, user, type="account_changed") if row["id"] > cause]
    assert sorted(told) == [f"second-{first}", f"third-{first}"]


def test_the_owner_of_a_shop_hears_of_a_new_address_at_the_old_one(
    seller: httpx2.Client, product: str, db: Db, happened: Happened
) -> None:
    """13.5: the account's own; what its shop is told goes to another."""
    user, before = user_of(seller), seller.headers["X-Person"]
    happened(UserCreated(user_id=user, roles=("shopper",), locale="en", registered_at=ids.now()))
    happened(_seller_facts(UUID(seller.headers["X-Seller"]), UUID(product))[0][0])
    renamed(db, happened, user, f"new-{before}")
    assert {row["recipient"] for row in messages(db, user, type="account_changed")} == {before, f"new-{before}"}


def renamed(db: Db, happened: Happened, user: UUID, address: str) -> UUID:
    """The fact that an account has another e-mail address."""
    db.execute("UPDATE users SET email = %s WHERE id = %s", [address, user])
    return happened(UserUpdated(user_id=user, roles=("shopper",), status="active", changed=("email",)))


@pytest.mark.parametrize("change", ["password", "second_factor_on", "second_factor_off", "recovery_codes"])
def test_what_opens_an_account_is_told_of(reader: httpx2.Client, db: Db, happened: Happened, change: str) -> None:
    """13.5, ASVS-6.3.3: its owner hears of what somebody else may have done."""
    user = user_of(reader)
    happened(UserUpdated(user_id=user, roles=("shopper",), status="active", changed=(change,)))
    (row,) = messages(db, user, type="account_changed")
    assert (row["recipient"], row["channel"]) == (reader.headers["X-Person"], "email")


def _seller_facts(seller: UUID, product: UUID) -> list[tuple[Event, str]]:
    state: dict[str, Any] = {"seller_id": seller, "display_name": "S", "slug": "s", "currency": "GBP",
                             "commission_bp": 0, "low_stock_threshold": 5}  # fmt: skip
    stock: dict[str, Any] = {"product_id": product, "seller_id": seller, "due_at": ids.now(), "triggered_by": ()}
    payout: dict[str, Any] = {"payout_id": ids.new(), "seller_id": seller, "amount_minor": 100, "currency": "GBP"}
    return [
        (SellerCreated(**state, status="active"), "seller_welcome"),
        (SellerUpdated(**state, status="suspended", changed=("status",)), "seller_status"),
        (SellerUpdated(**state, status="active", changed=("slug",)), ""),
        (StockRanLow(**stock, available=3, threshold=5), "low_stock"),
        (StockRanLow(**stock, available=0, threshold=5), ""),
        (StockRanOut(**stock, available=0), "sold_out"),
        (PayoutPaid(**payout), "payout_paid"),
        (PayoutFailed(**payout, reason="account_closed"), "payout_failed"),
        (CommentCreated(review_id=ids.new(), product_id=product, seller_id=seller, length=9), "new_review"),
    ]


def test_sellers(seller: httpx2.Client, product: str, db: Db, happened: Happened) -> None:
    """13.5: welcome, status, stock, payouts, reviews; in the shop's own name."""
    user = user_of(seller)
    facts = _seller_facts(UUID(seller.headers["X-Seller"]), UUID(product))
    for fact, _ in facts:
        happened(fact)
    seen = list(dict.fromkeys(row["template"] for row in messages(db, user)))
    assert seen == [template for _, template in facts if template]
    assert all(row["status"] != "failed" for row in messages(db, user))


def test_a_payment_that_ran_out(reader: httpx2.Client, order: UUID, db: Db, happened: Happened) -> None:
    happened(PaymentExpired(payment_id=ids.new(), order_id=order))
    (inbox,) = messages(db, user_of(reader), channel="in_app")
    assert inbox["content"].startswith("The time to pay")
