"""What shoppers do on the pages: one event with a typed name (R-TRK, vocabulary of 15.2)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from streams.events.envelope import Event

CLICK_NAMES = frozenset(
    {
        "Page Viewed", "Products Searched", "Product List Viewed", "Product List Filtered", "Product Clicked",
        "Product Viewed", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started",
        "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered", "Coupon Entered", "Coupon Applied",
        "Coupon Denied", "Coupon Removed", "Promotion Viewed", "Promotion Clicked", "Product Added to Wishlist",
        "Product Removed from Wishlist", "Product Shared", "Product Reviewed", "Signed Up", "Signed In",
    }
)  # fmt: skip
PURCHASE_NAMES = frozenset({"Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"})


class ClickTracked(Event, frozen=True, kw_only=True):
    """One click; the product fields of `properties` are lifted out because every funnel asks for them."""

    name = "click.tracked"
    topic = "tracking"
    landing = "landing_clicks"
    key = "session_id"
    click_id: UUID
    click_name: str
    session_id: UUID
    user_id: UUID | None = None
    received_at: datetime
    time_corrected: bool = False
    area: str | None = None
    page: str | None = None
    referrer_host: str | None = None
    device: str | None = None
    locale: str | None = None
    source: str = "client"
    product_id: UUID | None = None
    seller_id: UUID | None = None
    quantity: int | None = None
    price_minor: int | None = None
    currency: str | None = None
    properties: dict[str, Any] = msgspec.field(default_factory=dict)
