"""Facts about complaints. Their text and their evidence stay in PostgreSQL (R-EVT-8)."""

from uuid import UUID

from streams.events.envelope import Event


class ComplaintEvent(Event, frozen=True, kw_only=True):
    """A fact about one complaint; without an order line it is about the whole order, and then names no seller."""

    topic = "orders"
    landing = "landing_complaints"
    key = "complaint_id"
    complaint_id: UUID
    order_id: UUID
    order_item_id: UUID | None = None
    seller_id: UUID | None = None


class ComplaintOpened(ComplaintEvent, frozen=True, kw_only=True):
    """A shopper complained."""

    name = "complaint.opened"
    type: str


class ComplaintUpdated(ComplaintEvent, frozen=True, kw_only=True):
    """The complaint is under review, or the shopper added to it; `changed` names fields."""

    name = "complaint.updated"
    status: str
    changed: tuple[str, ...]
    evidence_count: int


class ComplaintResolved(ComplaintEvent, frozen=True, kw_only=True):
    """The complaint was settled or turned down, `open_for_s` seconds after it was opened."""

    name = "complaint.resolved"
    type: str
    resolution_type: str
    amount_minor: int | None = None
    currency: str
    open_for_s: int
