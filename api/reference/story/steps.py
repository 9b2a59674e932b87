"""What single operations answer in their moment of the story, where that is not how the thing stands at its end."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from api.reference.story.words import (
    ARRIVED,
    ASKED_BACK,
    BEGAN,
    PAID,
    PAYMENT,
    PRODUCT,
    QUERY,
    RETURNED,
    SELLER,
    SENT,
    SESSION,
    named,
)

_FRESH: dict[str, Any] = {
    "status": "pending", "confirmed_at": None, "shipped_at": None, "delivered_at": None, "payment": None,
    "shipments": [], "returns": [], "version": 1, "allowed_actions": ["pay", "cancel"],
    "items": [{"refunded_minor": 0, "returned_quantity": 0}],
}  # fmt: skip
_PAID: dict[str, Any] = {
    **_FRESH, "status": "paid", "confirmed_at": PAID, "version": 2, "payment": {"refunded_minor": 0},
    "allowed_actions": ["cancel"],
}  # fmt: skip
_WAITING = {
    "status": "requested", "refund_minor": 0, "restock": None, "reception_note": None, "received_at": None,
    "created_at": ASKED_BACK,
}  # fmt: skip
_REPLACED = {
    "status": "resolved", "resolution_type": "replacement", "resolution_note": "A new one leaves today.",
    "resolved_at": RETURNED, "updated_at": RETURNED,
}  # fmt: skip
_CHARGED = {"refunded_minor": 0, "version": 3}

ANSWERS: Mapping[str, Any] = MappingProxyType(
    {
        "checkout": {"order": _FRESH},
        "cancel_order": {
            **_PAID, "status": "cancelled", "cancelled_at": SENT, "cancellation_reason": "customer_request",
            "cancellation_note": "Ordered twice by mistake", "cancelled_by": "shopper",
            "version": 3, "allowed_actions": [],
        },
        "resume_order": _PAID,
        "request_return": {**_WAITING, "items": [{"refund_minor": 0}]},
        "confirm_payment": _CHARGED,
        "capture_payment": _CHARGED,
        "decide_refund": {
            "status": "rejected", "decision_note": "The pot itself was whole", "version": 2, "updated_at": RETURNED,
        },
        "resolve_complaint": _REPLACED,
        "update_complaint": {
            "evidence_urls": [
                "https://files.example/cracked-lid.jpg", "https://files.example/inside-of-the-lid.jpg",
            ],
        },
        "deduct_stock": {"status": "deducted"},
        "release_stock": {"status": "released"},
        "update_shipment": {
            "status": "picked_up", "delivered_at": None, "version": 2,
            "last_event": {"status": "picked_up", "location": None, "occurred_at": SENT},
        },
        "create_payout": {"status": "requested", "attempts": 0, "version": 1, "updated_at": RETURNED},
        "create_product": {"version": 1, "available": 42, "rating_average": None, "rating_count": 0, "images": []},
        "mark_notification_read": {"read": True, "read_at": RETURNED},
        "recommend_for_me": {"list_id": "rec:user"},
        "recommend_for_user": {"list_id": "rec:user"},
        "list_similar_products": {"list_id": "rec:similar"},
        "update_user": {"status": "disabled", "updated_at": RETURNED},
        "set_user_roles": {"roles": ["shopper", "operator"], "updated_at": RETURNED},
        "update_me": {"first_name": "Anne", "marketing_consent": False, "updated_at": RETURNED},
        "get_readiness-503": {"status": "not ready", "parts": {"postgres": "no answer"}},
        "get_image": "(the bytes of a WebP picture)",
        "get_unsubscribe_page": "<!doctype html><title>End these messages?</title>",
        "unsubscribe": "<!doctype html><title>No more of these messages will come.</title>",
        "register": {"user": {"email_verified": False}},
    }
)  # fmt: skip

_CLICK = {
    "click_id": named("click", BEGAN), "name": "Product Viewed", "session_id": SESSION, "occurred_at": BEGAN,
    "properties": {
        "product_id": PRODUCT, "seller_id": SELLER, "price_minor": 2450, "currency": "GBP", "query_id": QUERY,
    },
}  # fmt: skip
_REPORT = {
    "carrier": "Royal Mail", "tracking_number": "RM123456785GB", "provider_event_id": "evt_71",
    "status": "delivered", "location": "London WC1", "occurred_at": ARRIVED,
}  # fmt: skip

BODIES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "send_clicks": {"application/json": [_CLICK], "application/x-ndjson": json.dumps(_CLICK) + "\n"},
        "receive_carrier_webhook": {"application/json": {"events": [_REPORT]}},
        "receive_payment_webhook": {"application/json": {"idempotency_ref": PAYMENT}},
        "add_product_image": {"multipart/form-data": {"file": "(the bytes of teapot.jpg)"}},
    }
)
"""Bodies that no model describes, by operation and media type."""
