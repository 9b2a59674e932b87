"""Where a parcel can go from where it is, and what a carrier's word means for it (requirements 11.1, R-SHP-2)."""

from types import MappingProxyType
from typing import Literal

Tracking = Literal[
    "order_received", "packing", "picked_up", "arrived_facility", "departed_facility", "out_for_delivery", "delivered",
    "delivery_failed", "returned_to_sender",
]  # fmt: skip

STATUS_OF = MappingProxyType(
    {
        "order_received": "pending",
        "packing": "pending",
        "picked_up": "picked_up",
        "arrived_facility": "in_transit",
        "departed_facility": "in_transit",
        "out_for_delivery": "out_for_delivery",
        "delivered": "delivered",
        "delivery_failed": "failed",
        "returned_to_sender": "returned",
    }
)
_RANK = MappingProxyType({"pending": 0, "picked_up": 1, "in_transit": 2, "out_for_delivery": 3, "delivered": 4})
FINAL = frozenset({"delivered", "returned", "cancelled"})
MOST_TRIES = 3
"""A parcel that could not be delivered so often comes back (R-SHP-7)."""


OVERTAKES: MappingProxyType[Tracking, Tracking] = MappingProxyType(
    {"delivery_failed": "out_for_delivery", "out_for_delivery": "delivery_failed"}
)
"""What may have happened after a try that is reported late: the next one began, or this one failed."""


def after(status: str, tracking: Tracking, *, failed_before: int = 0, overtaken: bool = False) -> str:
    """The parcel's state once `tracking` is reported; later ones imply the skipped, earlier ones change nothing.

    `failed_before`: how many deliveries were reported as failed before. `overtaken`: what OVERTAKES this is known.
    """
    told = STATUS_OF[tracking]
    if status in FINAL:
        return status
    if told == "returned" or (told == "failed" and failed_before + 1 >= MOST_TRIES):
        return "returned"
    if overtaken:
        return status
    if status == "failed":
        return told if told in ("out_for_delivery", "delivered") else status
    if told == "failed":
        return told
    return told if _RANK[told] > _RANK[status] else status


def has_left(status: str) -> bool:
    """Whether a parcel in this state has been handed over by its seller."""
    return status not in ("pending", "cancelled")
