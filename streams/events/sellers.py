"""Facts about seller accounts."""

from uuid import UUID

from streams.events.envelope import Event


class SellerEvent(Event, frozen=True, kw_only=True):
    """The whole public state of one seller account after the fact."""

    topic = "sellers"
    landing = "landing_sellers"
    key = "seller_id"
    seller_id: UUID
    display_name: str
    slug: str
    currency: str
    commission_bp: int
    low_stock_threshold: int
    status: str


class SellerCreated(SellerEvent, frozen=True, kw_only=True):
    """A seller account was opened."""

    name = "seller.created"


class SellerUpdated(SellerEvent, frozen=True, kw_only=True):
    """Fields of a seller account changed."""

    name = "seller.updated"
    changed: tuple[str, ...]
