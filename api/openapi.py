"""What the OpenAPI document says beside the routes: an introduction, the tags, problem bodies (E-OPS-4)."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import problems
from api.errors import TokenRevoked, Unauthenticated, ValidationFailed

TITLE, VERSION = "Atlantic", "1"
SUMMARY = "A commerce platform whose dashboards are the books."
DESCRIPTION = """
Money is an integer in ISO 4217 minor units beside its `currency`. Times are UTC. Errors are
`application/problem+json` (RFC 9457): `type` says which one, `errors` names the fields. Lists give `items` and
`next_cursor`. Unsafe calls take an `Idempotency-Key`. Every call may answer 401, 403, 404, 413, 415, 422, 429, 500
and 503 with a problem document.
"""
TAGS = [
    {"name": "accounts", "description": "Registration, sign-in, the own account and its addresses."},
    {"name": "sellers", "description": "Seller accounts."},
    {"name": "keys", "description": "Keys by which sellers' own systems call the API."},
    {"name": "webhooks", "description": "Calls to sellers' own systems: signed, repeated until they are taken."},
    {"name": "catalog", "description": "Products and categories."},
    {"name": "search", "description": "Products by words, and what else somebody may mean while typing."},
    {"name": "inventory", "description": "Stock, holds and the ledger of movements."},
    {"name": "promotions", "description": "Coupons, and discounts that apply by themselves."},
    {"name": "cart", "description": "The shopper's cart."},
    {"name": "orders", "description": "Checkout and the life of an order."},
    {"name": "payments", "description": "Payments and refunds."},
    {"name": "wallet", "description": "Money that shoppers keep with the platform."},
    {"name": "ledger", "description": "The books."},
    {"name": "shipping", "description": "Rates and parcels."},
    {"name": "reviews", "description": "What buyers say of what they bought."},
    {"name": "notifications", "description": "Messages: the inbox, preferences, and sending."},
    {"name": "tracking", "description": "Clicks."},
    {"name": "recommendations", "description": "Popular products, and those that go together or suit a shopper."},
    {"name": "analytics", "description": "Answers from read models."},
    {"name": "operations", "description": "Health, and the trail of what operators did."},
]

_INVALID = problems.problems(ValidationFailed)[ValidationFailed.status]
_NOBODY = problems.problems(Unauthenticated, TokenRevoked)[Unauthenticated.status]


def operation_name(route: APIRoute) -> str:
    """The operationId, which generated clients call their function: that of the route; aliases end in `_alias`."""
    return f"{route.name}_alias" if route.deprecated else route.name


def install(app: FastAPI) -> None:
    """Have the document tell of problem bodies instead of the framework's."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _amend(original())
        return original()

    app.openapi = openapi  # type: ignore[method-assign]


def _amend(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas["Problem"] = problems.SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path in document["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            if "application/json" in responses.get("422", {}).get("content", {}):
                responses["422"] = _INVALID
            if "security" in operation:
                responses.setdefault("401", _NOBODY)
