"""The life of an order: every legal step from one state to another, and no other (requirements 8.4, R-ORD-8)."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

Status = Literal["pending", "paid", "processing", "shipped", "delivered", "cancelled", "refunded", "returned"]
Step = Literal["confirm", "accept", "start_processing", "ship", "deliver", "cancel", "return", "refund"]

STEPS: MappingProxyType[Step, MappingProxyType[Status, Status]] = MappingProxyType(
    {
        "confirm": MappingProxyType({"pending": "paid"}),
        "accept": MappingProxyType({"pending": "processing"}),  # the money comes at delivery or pick-up
        "start_processing": MappingProxyType({"paid": "processing"}),
        "ship": MappingProxyType({"processing": "shipped"}),
        "deliver": MappingProxyType({"shipped": "delivered"}),
        "cancel": MappingProxyType({"pending": "cancelled", "paid": "cancelled", "processing": "cancelled"}),
        "return": MappingProxyType({"shipped": "returned", "delivered": "returned"}),
        "refund": MappingProxyType(
            {"paid": "refunded", "processing": "refunded", "shipped": "refunded", "delivered": "refunded"}
        ),
    }
)
FINAL: frozenset[Status] = frozenset({"cancelled", "refunded", "returned"})
WINDOW = timedelta(days=30)  # for returns and complaints (R-ORD-18)


def after(step: Step, status: Status) -> Status | None:
    """The state that `step` leads to from `status`; None when the step is not legal there."""
    return STEPS[step].get(status)


def may(step: Step, status: Status) -> bool:
    """Whether `step` is legal in `status`."""
    return status in STEPS[step]


def allowed_actions(
    status: Status,
    *,
    picked_up: bool,
    returning: bool = False,
    shipped_at: datetime | None = None,
    delivered_at: datetime | None = None,
    complaint_open: bool = False,
) -> list[str]:
    """What the shopper may do with an order now; returns and complaints end 30 days after delivery (R-ORD-18)."""
    in_time = delivered_at is None or delivered_at + WINDOW > datetime.now(UTC)
    possible = {
        "pay": status == "pending",
        "cancel": may("cancel", status) and not picked_up,
        "return": may("return", status) and in_time and not returning,
        "complain": (picked_up or shipped_at is not None) and in_time and not complaint_open,
    }
    return [action for action, allowed in possible.items() if allowed]
