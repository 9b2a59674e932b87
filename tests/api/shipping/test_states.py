"""Parcels move forward only, whatever is reported and in whatever order (R-SHP-2, R-SHP-3)."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.shipping.states import FINAL, STATUS_OF, Tracking, after, has_left

REPORTS = st.lists(st.sampled_from(get_args(Tracking)), max_size=12)
RANK = {
    "pending": 0,
    "picked_up": 1,
    "in_transit": 2,
    "out_for_delivery": 3,
    "failed": 3,
    "delivered": 4,
    "returned": 4,
}


@given(REPORTS)
def test_no_report_moves_a_parcel_back(reports: list[Tracking]) -> None:
    status = "pending"
    for report in reports:
        told = after(status, report)
        assert RANK[told] >= RANK[status]
        assert status not in FINAL or told == status
        status = told


@pytest.mark.parametrize(
    ("status", "report", "told"),
    [
        ("pending", "packing", "pending"),
        ("pending", "delivered", "delivered"),
        ("picked_up", "packing", "picked_up"),
        ("out_for_delivery", "delivery_failed", "failed"),
        ("failed", "out_for_delivery", "out_for_delivery"),
        ("failed", "arrived_facility", "failed"),
        ("in_transit", "returned_to_sender", "returned"),
        ("delivered", "returned_to_sender", "delivered"),
        ("cancelled", "picked_up", "cancelled"),
    ],
)
def test_what_a_report_means(status: str, report: Tracking, told: str) -> None:
    """A later one implies those skipped; a failed delivery is tried again or comes back."""
    assert after(status, report) == told


def test_the_third_delivery_that_fails_sends_it_back() -> None:
    """R-SHP-7: also when nobody told that it went out again; before that it is tried again."""
    told = [after("out_for_delivery", "delivery_failed", failed_before=before) for before in (0, 1, 2, 3)]
    assert told == ["failed", "failed", "returned", "returned"]
    assert after("failed", "delivery_failed", failed_before=2) == "returned"
    assert after("delivered", "delivery_failed", failed_before=2) == "delivered"


def test_a_try_that_is_reported_late_moves_nothing() -> None:
    """R-SHP-3: the next one has begun, or it is known to have failed; the third that fails still sends it back."""
    assert after("out_for_delivery", "delivery_failed", overtaken=True) == "out_for_delivery"
    assert after("failed", "out_for_delivery", overtaken=True) == "failed"
    assert after("out_for_delivery", "delivery_failed", failed_before=2, overtaken=True) == "returned"


def test_every_report_has_a_meaning() -> None:
    assert set(STATUS_OF) == set(get_args(Tracking))
    assert not has_left("pending")
    assert has_left("in_transit")
