"""What people are told of complaints and refunds (requirements 13.5)."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from api import ids
from streams.events.complaints import ComplaintOpened, ComplaintResolved
from streams.events.payments import RefundFailed, RefundRejected, RefundRequested, RefundSucceeded
from tests.api.notifications.conftest import Db, Happened, messages, told_to, user_of


@pytest.fixture
def complaint(order: UUID, reader: httpx2.Client, db: Db) -> dict[str, Any]:
    complaint_id = ids.new()
    db.execute("INSERT INTO complaints (id, order_id, user_id, type, description) VALUES (%s, %s, %s, 'defect', 'x')",
               [complaint_id, order, user_of(reader)])  # fmt: skip
    return {"complaint_id": complaint_id, "order_id": order, "type": "defect"}


def test_complaints(
    reader: httpx2.Client, operator: httpx2.Client, complaint: dict[str, Any], db: Db, happened: Happened
) -> None:
    """13.5: the shopper by mail and inbox, operators in their inbox."""
    happened(ComplaintOpened(**complaint))
    happened(ComplaintResolved(**complaint, resolution_type="refund", amount_minor=500, currency="GBP", open_for_s=9))
    names = [row["template"] for row in messages(db, user_of(reader), channel="in_app")]
    assert names == ["complaint_opened", "complaint_resolved"]
    assert "£5.00" in messages(db, user_of(reader), channel="email")[-1]["content"]
    assert told_to(db, user_of(operator)) == [("complaint_update", "in_app", "complaint_opened_staff")]
    sellers = db.execute("SELECT count(*) FROM notifications WHERE template = 'complaint_resolved_staff'").fetchone()
    assert sellers == (2,)


def test_refunds(reader: httpx2.Client, operator: httpx2.Client, order: UUID, db: Db, happened: Happened) -> None:
    """13.5: asked for, decided, paid, or refused; of those that follow from other news only the end is told."""
    payment = reader.post("/payments/intent", json={"order_id": str(order)}).raise_for_status().json()["id"]
    refund = ids.new()
    db.execute("INSERT INTO refunds (id, payment_id, order_id, amount_minor, currency, reason_code, cause_type, "
               "cause_id, requested_by) VALUES (%s, %s, %s, 700, 'GBP', 'x', 'manual', %s, %s)",
               [refund, payment, order, refund, user_of(reader)])  # fmt: skip
    about: dict[str, Any] = {"refund_id": refund, "order_id": order}
    money: dict[str, Any] = {**about, "payment_id": UUID(payment), "amount_minor": 700, "currency": "GBP"}
    asked: dict[str, Any] = {**money, "reason_code": "x", "target": "original"}
    happened(RefundRequested(**asked, cause_type="cancel"))
    happened(RefundRequested(**asked, cause_type="manual"))
    happened(RefundRejected(**about, reason_code="order.cancelled"))
    happened(RefundFailed(**money, reason="closed", attempts=5))
    happened(RefundSucceeded(**asked, cause_type="manual", full=False, order_occurred_at=ids.now()))
    db.execute("UPDATE refunds SET decided_by = %s WHERE id = %s", [user_of(operator), refund])
    happened(RefundRejected(**about, reason_code="x"))
    names = [row["template"] for row in messages(db, user_of(reader), channel="in_app")]
    assert names == ["refund_requested", "refund_failed", "refund_succeeded", "refund_rejected"]
    assert told_to(db, user_of(operator)) == [
        ("refund_update", "in_app", "refund_failed_operator"), ("refund_update", "in_app", "refund_requested_operator")
    ]  # fmt: skip


def test_what_is_given_back_unasked_is_told_when_it_is_paid(
    reader: httpx2.Client, operator: httpx2.Client, order: UUID, db: Db, happened: Happened
) -> None:
    """13.5: no shopper is told that a wish is being checked who had none; what went into the wallet is there."""
    payment = reader.post("/payments/intent", json={"order_id": str(order)}).raise_for_status().json()["id"]
    refund = ids.new()
    db.execute("INSERT INTO refunds (id, payment_id, order_id, amount_minor, currency, reason_code, cause_type, "
               "cause_id, requested_by, status) VALUES (%s, %s, %s, 700, 'GBP', 'x', 'manual', %s, %s, 'succeeded')",
               [refund, payment, order, refund, user_of(operator)])  # fmt: skip
    money: dict[str, Any] = {
        "refund_id": refund, "order_id": order, "payment_id": UUID(payment), "amount_minor": 700, "currency": "GBP",
        "reason_code": "x", "target": "wallet", "cause_type": "manual",
    }  # fmt: skip
    happened(RefundRequested(**money))
    happened(RefundSucceeded(**money, full=False, order_occurred_at=ids.now()))
    (told,) = messages(db, user_of(reader), channel="email")
    assert (told["template"], "in your wallet" in told["content"], "bank" in told["content"]) == (
        "refund_succeeded", True, False,
    )  # fmt: skip
