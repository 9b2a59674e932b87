"""Facts about promotions: what a coupon or an automatic rule is, and which orders used it."""

from datetime import datetime
from uuid import UUID

from streams.events.envelope import Event


class PromotionEvent(Event, frozen=True, kw_only=True):
    """A fact about one promotion."""

    topic = "promotions"
    landing = "landing_promotions"
    key = "promotion_id"
    promotion_id: UUID


class PromotionState(PromotionEvent, frozen=True, kw_only=True):
    """What the promotion is after the fact; its code stays in PostgreSQL."""

    kind: str
    scope: str
    seller_id: UUID | None = None
    funded_by: str
    starts_at: datetime
    ends_at: datetime | None = None
    has_code: bool
    status: str


class PromotionPublished(PromotionState, frozen=True, kw_only=True):
    """A promotion became active for the first time; `announce` asks for a message to shoppers who agreed to them."""

    name = "promotion.published"
    announce: bool = False


class PromotionChanged(PromotionState, frozen=True, kw_only=True):
    """Any other change, of drafts too; the first one of a draft is its creation."""

    name = "promotion.changed"
    changed: tuple[str, ...]


class CouponRedeemed(PromotionEvent, frozen=True, kw_only=True):
    """An order used the promotion, with or without a code."""

    name = "coupon.redeemed"
    order_id: UUID
    user_id: UUID
    discount_minor: int
    currency: str
    funded_by: str


class CouponReleased(PromotionEvent, frozen=True, kw_only=True):
    """The order did not stand, and the use was given back."""

    name = "coupon.released"
    order_id: UUID
