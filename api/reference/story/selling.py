"""Promotions, tariffs, wallets and payouts of the story."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from api.reference.story.words import (
    COUPON,
    LISTED,
    PAID,
    PROMOTION,
    RETURNED,
    TARIFF,
    named,
)

_PROMOTION = {
    "id": PROMOTION, "name": "Ten percent in Advent", "code": COUPON, "kind": "percent", "value_bp": 1000,
    "min_subtotal_minor": 0, "scope": "all", "funded_by": "seller", "starts_at": LISTED,
    "ends_at": "2026-12-24T23:00:00.000Z", "usage_limit": 500, "per_user_limit": 1, "announce": False,
    "status": "active", "used_count": 1, "version": 2, "created_at": LISTED, "updated_at": LISTED,
    "published_at": LISTED, "value_minor": None, "currency": None, "max_discount_minor": None, "scope_id": None,
}  # fmt: skip
_NEW = ("name", "code", "kind", "value_bp", "ends_at", "usage_limit", "per_user_limit", "status")
_TARIFF = {
    "id": TARIFF, "from_province_id": None, "to_province_id": 31, "base_minor": 295, "per_kg_minor": 80,
    "min_days": 1, "max_days": 3, "active": True, "created_at": LISTED, "updated_at": LISTED,
}  # fmt: skip
_TOPPED_UP = {
    "id": named("wallet entry", PAID), "delta_minor": 5000, "balance_after_minor": 6250, "cause_type": "top_up",
    "cause_id": named("top-up", PAID), "created_at": PAID,
}  # fmt: skip

VALUES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "NewPromotion": {name: _PROMOTION[name] for name in _NEW},
        "PromotionChange": {"usage_limit": 1000, "status": "active", "expected_version": 1},
        "Promotion": _PROMOTION,
        "PublicPromotion": _PROMOTION,
        "NewTariff": _TARIFF,
        "TariffChange": {"base_minor": 295, "max_days": 3},
        "TariffAnswer": _TARIFF,
        "Destination": {"province_id": 31, "postal_code": "WC1B 3DG"},
        "RatesWanted": {"items": [{"product_id": named("teapot", LISTED), "quantity": 2}]},
        "OptionAnswer": {
            "code": "royal mail/tracked 48", "cost_minor": 455, "min_days": 1, "max_days": 3,
            "estimated_delivery": "2026-11-19",
        },
        "NewTopUp": {"amount_minor": 5000},
        "TopUpAnswer": {
            "id": named("top-up", PAID), "status": "succeeded", "amount_minor": 5000, "created_at": PAID,
        },
        "TopUpEntry": _TOPPED_UP,
        "WalletAnswer": {"id": named("wallet", LISTED), "balance_minor": 6250},
        "WalletEntryAnswer": _TOPPED_UP,
        "NewPayout": {"amount_minor": 1000},
        "PayoutAnswer": {
            "id": named("payout", RETURNED), "amount_minor": 1000, "status": "paid", "reason": None, "version": 2,
            "created_at": RETURNED,
        },
    }
)  # fmt: skip
