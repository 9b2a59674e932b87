"""Products, stock, search and lists of the story: a teapot of 24.50, of which 42 stood on the shelf."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from api.reference.story.words import (
    CATEGORY,
    HOLD,
    HOME,
    IMAGE,
    IMAGE_KEY,
    KITCHEN,
    LISTED,
    ORDER,
    PAID,
    PRODUCT,
    REVIEW,
    WRITTEN,
    named,
)

_SHOWN = {size: f"/v1/images/{IMAGE_KEY}/{size}" for size in ("small", "medium", "large")}
_PICTURE = {"id": IMAGE, "width": 1600, "height": 1200, "position": 1, "urls": _SHOWN}
_TEAPOT = {
    "id": PRODUCT, "sku": "TEA-BLUE-1L", "name": "Blue willow teapot", "brand": "Camden Pottery",
    "description": "Bone china, holds a litre, safe in the dishwasher.", "keywords": ["teapot", "willow", "china"],
    "price_minor": 2450, "currency": "GBP", "tax_bp": 2000, "weight_grams": 900, "status": "active", "version": 3,
    "specifications": {"colour": "blue", "capacity_ml": 1000}, "offers": 1, "image": _SHOWN["small"],
    "created_at": LISTED, "updated_at": LISTED, "score": 38,
}  # fmt: skip
_MOVED = {
    "id": named("movement", PAID), "bucket": 0, "kind": "deducted", "on_hand_delta": -2, "reserved_delta": -2,
    "on_hand_after": 40, "reserved_after": 0, "version": 7, "cause_type": "order", "cause_id": ORDER, "actor_id": None,
    "reason": None, "occurred_at": PAID,
}  # fmt: skip

VALUES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "Product": _TEAPOT,
        "ProductPage": _TEAPOT,
        "NewProduct": {name: value for name, value in _TEAPOT.items() if name != "spec_id"} | {"on_hand": 42},
        "ProductChange": {"price_minor": 2450, "status": "active", "expected_version": 2},
        "ImageAnswer": _PICTURE,
        "NewImage": _PICTURE,
        "Category": {"id": CATEGORY, "name": "Teapots", "slug": "teapots", "parent_id": KITCHEN, "products": 12},
        "Branch": {"id": HOME, "name": "Home", "slug": "home", "parent_id": None, "products": 214, "children": []},
        "NewCategory": {"name": "Teapots", "parent_id": KITCHEN, "position": 1},
        "CategoryChange": {"name": "Teapots and kettles"},
        "Level": {"product_id": PRODUCT},
        "Levels": {"missing": []},
        "Stock": {"on_hand": 40, "reserved": 0, "version": 7},
        "Bucket": {"bucket": 0, "on_hand": 40, "reserved": 0, "version": 7},
        "StockCounted": {"on_hand": 40, "expected_version": 7, "note": "Counted on Monday"},
        "StockChange": {"quantity": 24, "reason": "received", "note": "Delivery 1187"},
        "Movement": _MOVED,
        "StockAsOf": {"on_hand": 40, "reserved": 0},
        "Reserve": {"ttl_s": 900},
        "HoldNamed": {"order_id": ORDER},
        "Release": {"order_id": ORDER, "reason": "cancelled"},
        "Reservation": {"reservation_id": HOLD, "status": "held", "expires_at": "2026-11-16T18:37:05.120Z"},
        "FoundProduct": _TEAPOT,
        "Found": {"estimated_total": 1, "source": "meilisearch"},
        "CategoryCount": {"id": CATEGORY, "name": "Teapots", "count": 1},
        "BrandCount": {"brand": "Camden Pottery", "count": 1},
        "PriceCount": {"from_minor": 2000, "below_minor": 5000, "count": 1},
        "RatingCount": {"rating_min": 4, "count": 1},
        "StockCount": {"in_stock": 1, "sold_out": 0},
        "Suggestion": {"text": "Blue willow teapot", "kind": "product", "id": PRODUCT},
        "Recommended": _TEAPOT,
        "Recommendations": {"list_id": "rec:popular", "source": "redis"},
        "NewReview": {"product_id": PRODUCT, "rating": 5, "comment": "Pours without a drop beside the cup."},
        "ReviewChange": {"rating": 4, "expected_version": 1},
        "Review": {
            "id": REVIEW, "author": "Ann S.", "rating": 5, "comment": "Pours without a drop beside the cup.",
            "status": "visible", "version": 1, "created_at": WRITTEN, "updated_at": WRITTEN,
        },
        "Reviews": {"histogram": [0, 0, 1, 1, 2]},
        "Refusal": {"index": 3, "reason": "unknown-name"},
        "ClicksTaken": {"accepted": 3},
        "Facets": {},
    }
)  # fmt: skip
