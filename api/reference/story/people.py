"""Accounts, sign-in, sellers, keys, webhooks and messages of the story."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from api.reference.story.words import (
    ADDRESS,
    LISTED,
    NEVER_SOON,
    OPERATOR,
    ORDER,
    ORDER_NUMBER,
    OWNER,
    PAID,
    PLACE,
    REFUND,
    RETURNED,
    SELLER,
    SENT,
    SIGNED_UP,
    named,
)

_ACCOUNT = {
    "id": named("shopper", SIGNED_UP), "username": "ann.smith", "email_verified": True, "phone_verified": False,
    "roles": ["shopper"], "seller_id": None, "second_factor": True, "status": "active",
    "created_at": SIGNED_UP, "updated_at": SIGNED_UP,
}  # fmt: skip
_FROM = {name: PLACE[name] for name in ("province_id", "city_id", "province_name", "city_name", "postal_code")}
_HOUSE = {**_FROM, "street": "7 Museum Street"}
_SHOP = {
    "id": SELLER, "user_id": OWNER, "display_name": "Great Russell Gifts", "slug": "great-russell-gifts",
    "legal_name": "Great Russell Gifts Ltd", "status": "active", "commission_bp": 1000, "low_stock_threshold": 10,
    "ship_from": _HOUSE, "created_at": SIGNED_UP, "updated_at": LISTED, "version": 2,
}  # fmt: skip
_KEY = {
    "id": named("key", LISTED), "name": "Warehouse in Leeds", "hint": "atl_3q2-7wAA",
    "scopes": ["orders:read", "shipping:write", "inventory:write"], "expires_at": NEVER_SOON, "last_used_at": SENT,
    "revoked_at": None, "created_at": LISTED,
}  # fmt: skip
_SYSTEM = {
    "id": named("address of a system", LISTED), "url": "https://warehouse.example.com/atlantic",
    "events": ["order.confirmed", "order.cancelled"], "status": "active", "disabled_reason": None,
    "failing_since": None, "version": 1, "created_at": LISTED,
}  # fmt: skip
_TOLD = json.dumps({"type": "order.confirmed", "timestamp": PAID, "data": {"order_id": ORDER}})

VALUES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "Register": {"username": "ann.smith", "locale": "en", "marketing_consent": True},
        "Login": {"email": "ann@example.com"},
        "Session": {
            "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTlhMyJ9.c2lnbmF0dXJl", "expires_in": 900,
        },
        "Logout": {"refresh_token": "rt_6f1d0c2b9a8e4f7db3c5a1e0d2f4968b"},
        "CodeWanted": {"type": "password_reset", "email": "ann@example.com"},
        "CodeGiven": {"type": "password_reset", "email": "ann@example.com", "code": "042917"},
        "NewPassword": {"email": "ann@example.com", "code": "042917"},
        "Challenged": {
            "challenge": "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoic2Vjb25kLWZhY3Rvcitqd3QifQ.eyJzdWIiOiIwMTlhMyJ9.c2lnbmF0dXJl",
            "code": "042917",
        },
        "SecondFactorProof": {"code": "042917"},
        "SecondFactor": {"enabled": True, "since": SIGNED_UP, "recovery_codes_left": 9},
        "User": _ACCOUNT,
        "Contact": _ACCOUNT,
        "UserChange": {"first_name": "Anne", "marketing_consent": False},
        "AccountChange": {"status": "disabled"},
        "RoleChange": {"roles": ["shopper", "operator"]},
        "Address": {"id": ADDRESS, "is_default": True, "created_at": SIGNED_UP, "updated_at": SIGNED_UP},
        "NewAddress": {"is_default": True},
        "AddressChange": {"label": "Work", "street": "96 Euston Road", "postal_code": "NW1 2DB"},
        "OpenSession": {
            "id": named("session", SIGNED_UP), "current": True, "began_at": SIGNED_UP, "last_used_at": RETURNED,
            "expires_at": "2026-12-21T08:00:00.000Z",
        },
        "NewSeller": _SHOP,
        "SellerChange": {"low_stock_threshold": 10, "expected_version": 2},
        "Seller": _SHOP,
        "PublicSeller": _SHOP,
        "SellerPage": _SHOP,
        "PublicSellerPage": _SHOP,
        "ShipFrom": _HOUSE,
        "NewKey": _KEY,
        "KeyAnswer": _KEY,
        "MadeKey": {**_KEY, "key": "atl_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "last_used_at": None},
        "NewEndpoint": _SYSTEM,
        "EndpointChange": {"events": ["order.confirmed", "order.cancelled", "order.returned"]},
        "EndpointAnswer": _SYSTEM,
        "MadeEndpoint": _SYSTEM,
        "DeliveryAnswer": {
            "id": named("delivery", PAID), "event": "order.confirmed", "body": _TOLD, "status": "delivered",
            "next_attempt_at": None, "last_status": 204, "last_error": None, "delivered_at": "2026-11-16T18:23:12.020Z",
            "created_at": PAID,
        },
        "Notification": {
            "id": named("message", SENT), "type": "order_shipped", "channel": "in_app", "status": "sent", "read": False,
            "subject": f"Your order {ORDER_NUMBER} is on its way",
            "content": f"A parcel of your order {ORDER_NUMBER} is on its way.", "read_at": None, "created_at": SENT,
        },
        "Target": {"kind": "order", "id": ORDER, "label": ORDER_NUMBER, "path": f"/v1/orders/{ORDER}"},
        "Inbox": {"unread_count": 1},
        "Preference": {"type": "promote", "channel": "email", "enabled": False},
        "KnownPreference": {"type": "promote", "channel": "email", "enabled": True, "fixed": False},
        "NewMessage": {"order_id": ORDER, "status": "shipped"},
        "MessagesAccepted": {"accepted": 1, "ids": [named("message", SENT)]},
        "ReadChange": {"read": True},
        "ActionAnswer": {
            "id": named("action", RETURNED), "actor_id": OPERATOR, "role": "operator", "action": "decide_refund",
            "object_type": "refunds", "object_id": REFUND, "created_at": RETURNED,
            "details": {
                "method": "POST", "path": f"/v1/refunds/{REFUND}/decision", "fields": ["decision", "note"],
                "status": 200,
            },
        },
        "Ready": {"status": "ready", "parts": {"postgres": "ok", "redis": "ok", "kafka": "ok"}},
    }
)  # fmt: skip
