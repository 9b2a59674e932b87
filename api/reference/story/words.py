"""Ids and times of the story, and what fields of one name hold wherever they stand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from api import ids

FIRST_DAY, SIGNED_UP, LISTED = "2026-11-01", "2026-11-02T09:15:00.000Z", "2026-11-05T08:30:00.000Z"
BEGAN, ORDERED, HELD_UNTIL = "2026-11-16T18:02:40.000Z", "2026-11-16T18:22:05.120Z", "2026-11-16T18:37:05.120Z"
PAID, SENT, ARRIVED = "2026-11-16T18:23:11.480Z", "2026-11-17T10:05:32.000Z", "2026-11-18T14:40:07.000Z"
WRITTEN, ASKED_BACK, RETURNED = "2026-11-19T19:12:50.300Z", "2026-11-19T20:01:15.000Z", "2026-11-21T08:00:00.000Z"
NEVER_SOON = "2027-11-02T09:15:00.000Z"


def named(name: str, at: str = ORDERED) -> str:
    """The id of something in the story: always the same for the same name, of the time it was made."""
    return str(ids.derived(datetime.fromisoformat(at).astimezone(UTC), "story", name))


USER, SELLER, OWNER = named("shopper", SIGNED_UP), named("shop", SIGNED_UP), named("owner", SIGNED_UP)
OPERATOR = named("operator", SIGNED_UP)
PRODUCT, SHEET, CATEGORY = named("teapot", LISTED), named("sheet", LISTED), named("teapots", LISTED)
HOME, KITCHEN = named("home", LISTED), named("kitchen", LISTED)
IMAGE, IMAGE_KEY = named("picture", LISTED), "9f86d081884c7d659a2feaa0c55ad015"
SESSION, QUERY, CART, CART_LINE = (named(name, BEGAN) for name in ("visit", "query", "cart", "cart line"))
ORDER, LINE, HOLD, PAYMENT = (named(name) for name in ("order", "order line", "hold", "payment"))
PARCEL, RETURN, COMPLAINT = named("parcel", PAID), named("return", ASKED_BACK), named("complaint", WRITTEN)
REFUND, REVIEW = named("refund", WRITTEN), named("review", WRITTEN)
PROMOTION, ADDRESS, TARIFF = named("promotion", LISTED), named("address", SIGNED_UP), named("tariff", LISTED)
ORDER_NUMBER, COUPON = "ATL-20261116-7K2M9Q", "ADVENT-10"
CUT = {"tx": 184_467, "at": RETURNED}

PLACE: Mapping[str, Any] = MappingProxyType(
    {
        "province_id": 31, "city_id": 3171, "district_id": 317101, "subdistrict_id": 31710101,
        "province_name": "Greater London", "city_name": "London", "district_name": "Camden",
        "subdistrict_name": "Bloomsbury", "street": "1 Great Russell Street", "postal_code": "WC1B 3DG",
    }
)  # fmt: skip

WORDS: Mapping[str, Any] = MappingProxyType(
    {
        **PLACE,
        "user_id": USER, "seller_id": SELLER, "product_id": PRODUCT, "order_id": ORDER, "order_item_id": LINE,
        "payment_id": PAYMENT, "refund_id": REFUND, "shipment_id": PARCEL, "category_id": CATEGORY, "spec_id": SHEET,
        "address_id": ADDRESS, "promotion_id": PROMOTION, "complaint_id": COMPLAINT, "review_id": REVIEW,
        "tariff_id": TARIFF, "session_id": SESSION, "query_id": QUERY, "actor_id": OPERATOR, "item_id": CART_LINE,
        "reservation_id": HOLD, "image_id": IMAGE, "object_key": IMAGE_KEY, "size": "small", "product": PRODUCT,
        "key_id": named("key", LISTED), "endpoint_id": named("address of a system", LISTED),
        "delivery_id": named("delivery", PAID), "notification_id": named("message", SENT), "id": USER,
        "wallet_id": named("wallet", BEGAN), "event_id": named("event", PAID), "cause_id": ORDER,
        "order_number": ORDER_NUMBER, "currency": "GBP", "version": 3, "expected_version": 3, "cart_version": 4,
        "email": "ann@example.com", "first_name": "Ann", "last_name": "Smith", "phone": "+442079460123",
        "password": "correct horse battery", "new_password": "battery staple for a horse", "code": "042917",
        "contact_email": "hello@great-russell.example", "contact_phone": "+442079460199", "locale": "en",
        "sku": "TEA-BLUE-1L", "brand": "Camden Pottery", "category": ["Home", "Kitchen", "Teapots"],
        "category_ids": [HOME, KITCHEN, CATEGORY], "product_name": "Blue willow teapot", "price_minor": 2450,
        "unit_price_minor": 2450, "quantity": 2, "available": 40, "in_stock": True, "label": "Home",
        "rating_average": "4.25", "rating_count": 4, "carrier": "Royal Mail", "service": "Tracked 48",
        "tracking_number": "RM123456785GB", "attempts": 1, "position": 1, "gateway": "test",
        "payment_method": "card", "gateway_token": "tok_4242424242424242", "complete_up_to": CUT,
        "created_at": ORDERED, "updated_at": RETURNED, "occurred_at": PAID, "next_cursor": None, "month": "2026-11",
        "as_of": PAID, "from": "2026-11-16", "to": "2026-11-21", "marketing_consent": True,
        "refresh_token": "rt_6f1d0c2b9a8e4f7db3c5a1e0d2f4968b", "token": "unsubscribe-6f1d0c2b9a8e4f7d", "q": "teapot",
        "ids": [PRODUCT], "correlation_id": "5c1f2f0e7d5f4d0f9d1c1f5a3b7e9a10", "final": True, "active": True,
    }
)  # fmt: skip
