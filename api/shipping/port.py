"""The port to carriers: what the core asks of one, and what it hears of its parcels (R-SHP-9).

A carrier that pushes its reports uses the webhook instead of `reports`; both end in `carriers.take` (R-SHP-4).
"""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from api.shipping.schemas import CarrierReport


class LabelWish(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that is to be sent: by which of the carrier's services, and the address snapshot of its order."""

    shipment_id: UUID
    service: str | None
    address: dict[str, Any]


class Carrier(Protocol):
    """A carrier; `name` is the word in tariffs and parcels. Asked outside transactions; OSError: it does not answer."""

    name: str

    async def label(self, wish: LabelWish) -> str:
        """The tracking number of a parcel; asked again for the same shipment, the same one."""
        ...

    async def reports(self, tracking_numbers: Sequence[str]) -> Sequence[CarrierReport]:
        """What is known of these parcels by now; what was told before may be told again."""
        ...
