"""Rules over several fields name the one that is to be mended, where it is one (R-API-3)."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

TARIFF = {"carrier": "Royal", "service": "48", "base_minor": 295, "per_kg_minor": 80, "currency": "GBP"}
PLACE = {"province_id": 31, "city_id": 3171}
ITEMS = [{"product_id": str(uuid4()), "quantity": 1}]
NEW = "correct horse battery"


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("POST /v1/orders/{id}/return/receive", {"accepted": False, "refund_minor": 5}, "body.refund_minor"),
        ("POST /v1/orders/{id}/complaint/resolve", {"resolution_type": "replacement", "amount_minor": 5},
         "body.amount_minor"),
        ("POST /v1/shipping/tariffs", {**TARIFF, "min_days": 3, "max_days": 1}, "body.min_days"),
        ("POST /v1/shipping/rates", {"destination": PLACE, "items": ITEMS, "shipping_option": "x"},
         "body.shipping_option"),
        ("POST /v1/shipping/rates", {"destination": {}}, "body.destination"),
        ("POST /v1/inventory/{id}", {"quantity": -5, "reason": "received"}, "body.quantity"),
        ("PUT /v1/users/{id}/roles", {"roles": ["shopper", "shopper"]}, "body.roles"),
        ("POST /v1/auth/otp/send", {"type": "email", "email": "ann@example.com"}, "body.email"),
        ("POST /v1/auth/password/reset", {"email": "ann@example.com", "new_password": NEW}, "body.code"),
        ("POST /v1/auth/password/reset", {"code": "042917", "new_password": NEW}, "body.email"),
        ("POST /v1/auth/password/reset", {"new_password": NEW}, "body"),
        ("POST /v1/checkout", {"payment_method": "card"}, "body"),
        ("POST /v1/notifications", {"user_id": str(uuid4()), "type": "promote", "template": "promote",
         "status": "paid"}, "body.status"),
        ("GET /v1/search/suggestions", {}, "query.q"),
        ("GET /v1/search/suggestions?q=a&prefix=b", {}, "query.prefix"),
    ],
)  # fmt: skip
def test_the_field_to_mend_is_named(everybody: httpx2.Client, call: str, body: dict[str, Any], field: str) -> None:
    """Where either of two would do, the body is named, and the message says so."""
    method, path = call.split()
    refused = everybody.request(method, path.format(id=uuid4()), json=body or None)
    assert refused.status_code == 422, refused.text
    assert [entry["field"] for entry in refused.json()["errors"]] == [field], refused.text


TEXT = "x" * 5000


@pytest.mark.parametrize(
    ("call", "body", "field", "says"),
    [
        ("POST /v1/products", {"specifications": {"size": None}}, "body.specifications.size", "must be a text"),
        ("POST /v1/products", {"specifications": {"size": [1]}}, "body.specifications.size", "or a number of at most"),
        ("POST /v1/products", {"specifications": {"size": TEXT}}, "body.specifications.size", "at most 2000"),
        ("POST /v1/products", {"specifications": {"size": "a\0"}}, "body.specifications.size", "control characters"),
        ("POST /v1/checkout", {"shipping_option": 5}, "body.shipping_option", "must be a code"),
        ("POST /v1/checkout", {"shipping_option": {"x": "48"}}, "body.shipping_option", "by the id of each seller"),
        ("POST /v1/notifications", {"data": {"code": 1.5}}, "body.data.code", "a whole number"),
    ],
)
def test_a_value_of_several_kinds_is_refused_once(
    everybody: httpx2.Client, call: str, body: dict[str, Any], field: str, says: str
) -> None:
    """R-API-3: by the field that the caller knows, not by the kinds that it might have been."""
    method, path = call.split()
    errors = everybody.request(method, path, json=body).json()["errors"]
    (entry,) = [entry for entry in errors if entry["field"].startswith(field)]
    assert (entry["field"], says in entry["message"]) == (field, True), entry
