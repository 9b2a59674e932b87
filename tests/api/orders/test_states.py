"""The order's table of steps: every arrow of 8.4 and no other."""

from datetime import UTC, datetime
from itertools import product

import pytest

from api.orders.numbers import ALPHABET, draw
from api.orders.states import FINAL, STEPS, Status, Step, after, allowed_actions

STATUSES: tuple[Status, ...] = (
    "pending", "paid", "processing", "shipped", "delivered", "cancelled", "refunded", "returned"
)  # fmt: skip
ARROWS: dict[tuple[Step, Status], Status] = {
    ("confirm", "pending"): "paid",
    ("accept", "pending"): "processing",
    ("start_processing", "paid"): "processing",
    ("ship", "processing"): "shipped",
    ("deliver", "shipped"): "delivered",
    ("cancel", "pending"): "cancelled",
    ("cancel", "paid"): "cancelled",
    ("cancel", "processing"): "cancelled",
    ("return", "shipped"): "returned",
    ("return", "delivered"): "returned",
    ("refund", "paid"): "refunded",
    ("refund", "processing"): "refunded",
    ("refund", "shipped"): "refunded",
    ("refund", "delivered"): "refunded",
}


@pytest.mark.parametrize(("step", "status"), [*product(STEPS, STATUSES)])
def test_every_arrow_is_legal_and_no_other(step: Step, status: Status) -> None:
    """R-ORD-8."""
    assert after(step, status) == ARROWS.get((step, status))


def test_nothing_leads_out_of_an_end() -> None:
    """8.4: cancelled, refunded and returned are final."""
    assert not any(after(step, status) for step, status in product(STEPS, FINAL))


def test_a_shopper_cancels_until_a_parcel_has_left() -> None:
    """R-ORD-14."""
    assert "cancel" in allowed_actions("processing", picked_up=False)
    assert "cancel" not in allowed_actions("processing", picked_up=True)
    assert "cancel" not in allowed_actions("shipped", picked_up=True)


def test_numbers_have_a_day_and_no_look_alikes() -> None:
    """8.1: ATL-YYYYMMDD-XXXXXX."""
    prefix, day, tail = draw(datetime(2026, 11, 21, tzinfo=UTC)).split("-")
    assert (prefix, day, len(tail)) == ("ATL", "20261121", 6)
    assert set(tail) <= set(ALPHABET)
    assert not set("01ILOU") & set(ALPHABET)
