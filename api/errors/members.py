"""JSON schemas of the members that problems add to their documents."""

from collections.abc import Mapping
from typing import Any

TEXT: Mapping[str, Any] = {"type": "string", "examples": ["text"]}
STATUS: Mapping[str, Any] = {"type": "string", "examples": ["cancelled"]}
REASON: Mapping[str, Any] = {"type": "string", "examples": ["minimum"]}
CURRENCY: Mapping[str, Any] = {"type": "string", "examples": ["GBP"]}
INT: Mapping[str, Any] = {"type": "integer", "examples": [3]}
MINOR: Mapping[str, Any] = {"type": "integer", "examples": [1250]}
ID: Mapping[str, Any] = {"type": "string", "format": "uuid", "examples": ["01890a5d-ac96-774b-bcce-b302099a8057"]}
TIME: Mapping[str, Any] = {"type": "string", "format": "date-time", "examples": ["2026-11-21T08:00:00Z"]}
_SHORTAGE: Mapping[str, Any] = {"type": "object", "properties": {"product_id": ID, "requested": INT, "available": INT}}
SHORTAGES: Mapping[str, Any] = {"type": "array", "items": _SHORTAGE}
_FIELD: Mapping[str, Any] = {"type": "object", "properties": {"field": TEXT, "message": TEXT, "code": TEXT}}
FIELDS: Mapping[str, Any] = {"type": "array", "items": _FIELD}
_LINE: Mapping[str, Any] = {
    "type": "object",
    "properties": {"product_id": ID, "price_minor": MINOR, "price_when_added_minor": MINOR, "discount_minor": MINOR},
}
LINES: Mapping[str, Any] = {"type": "array", "items": _LINE}
_PARCEL: Mapping[str, Any] = {
    "type": "object",
    "properties": {"seller_id": ID, "code": TEXT, "cost_minor": MINOR, "discount_minor": MINOR},
}
PARCELS: Mapping[str, Any] = {"type": "array", "items": _PARCEL}
