"""Which problems every operation may answer beside its own, each with an example that is written once (R-API-8)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api import errors
from api.middleware import BODY_LIMIT
from api.problems import MEDIA_TYPE, SCHEMA, Problem, Schema, document
from api.reference.story import WORDS
from api.reference.story.words import COUPON, HELD_UNTIL, ORDER

OPEN_PATHS = "/health/"
MEMBERS: Mapping[str, Any] = {
    "payload-too-large limit": BODY_LIMIT, "too-many-addresses limit": 20,
    "field": "email", "name": "Teapots", "code": COUPON, "reason": "minimum", "role": "admin", "limit": 99,
    "source": "redis", "current_version": 4, "current_status": "cancelled", "attempts_left": 2, "retry_after_s": 840,
    "orders": 1, "balance_minor": 1654, "refundable_minor": 2205, "closed_at": HELD_UNTIL, "expected": "GBP",
    "given": "USD", "expected_total_minor": 4865, "total_minor": 5355, "discount_minor": 0, "shipping_minor": 455,
    "requested": 2, "available": 1, "price_minor": 2450, "price_when_added_minor": 2300, "gateway": "test",
    "second-factor-state current_status": "off", "expires_in": 300,
    "challenge": "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoic2Vjb25kLWZhY3Rvcitqd3QifQ.eyJzdWIiOiIwMTlhMyJ9.c2lnbmF0dXJl",
}  # fmt: skip
FIELD = {
    "field": "body.quantity",
    "message": "Input should be greater than or equal to 1",
    "code": "greater_than_equal",
}


def known() -> dict[str, type[Problem]]:
    """Every problem that has a name, by it."""
    return {cls.slug: cls for name in errors.__all__ if issubclass(cls := getattr(errors, name), Problem)}


def schema() -> dict[str, Any]:
    """The schema of problem documents, with the members that single problems add."""
    members: dict[str, list[Schema]] = {}
    for cls in known().values():
        for name, told in cls.members.items():
            kept = members.setdefault(name, [])
            kept.extend([] if told in kept else [told])
    added = {name: dict(told[0]) if len(told) == 1 else {"anyOf": told} for name, told in sorted(members.items())}
    return {**SCHEMA, "properties": {**SCHEMA["properties"], **added}}


def examples() -> dict[str, Any]:
    """An example of every problem, under the name that operations refer to it by."""
    return {
        f"problem-{slug}": {"summary": " ".join((cls.__doc__ or "").split()), "value": _example(cls)}
        for slug, cls in known().items()
    }


def amend(path: str, operation: dict[str, Any]) -> None:
    """Complete what an operation says of its refusals."""
    if path.startswith(OPEN_PATHS):
        return
    responses: dict[str, Any] = operation["responses"]
    found: dict[str, list[str]] = {}
    for status, told in responses.items():
        if status >= "400":
            found[status] = list(told["content"].get(MEDIA_TYPE, {}).get("examples", {}))
    for cls in _everywhere(operation):
        slugs = found.setdefault(str(cls.status), [])
        slugs.extend([] if cls.slug in slugs else [cls.slug])
    responses.update({status: _response(slugs) for status, slugs in sorted(found.items())})


def _everywhere(operation: Mapping[str, Any]) -> Iterator[type[Problem]]:
    """What no route has to name: it follows from what the operation takes."""
    names = {each["name"].lower() for each in operation.get("parameters", ()) if each["in"] == "header"}
    if "security" in operation:
        yield from (errors.Unauthenticated, errors.TokenRevoked, errors.Forbidden, errors.SecondFactorRequired)
    if "requestBody" in operation:
        yield from (errors.PayloadTooLarge, errors.UnsupportedMediaType)
    if "idempotency-key" in names:
        yield from (errors.IdempotencyInProgress, errors.IdempotencyKeyReused)
    yield from (errors.ValidationFailed, errors.RateLimited, errors.Internal, errors.Unavailable)


def _response(slugs: Iterable[str]) -> dict[str, Any]:
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {slug: {"$ref": f"#/components/examples/problem-{slug}"} for slug in slugs},
    }
    return {"description": ", ".join(slugs), "content": {MEDIA_TYPE: content}}


def _example(cls: type[Problem]) -> dict[str, Any]:
    extra = {name: MEMBERS.get(f"{cls.slug} {name}", _sample(name, told)) for name, told in cls.members.items()}
    made = document(cls.slug, cls.status, " ".join((cls.__doc__ or "").split()), f"/v1/orders/{ORDER}", **extra)
    return {**made, "correlation_id": WORDS["correlation_id"]}


def _sample(name: str, told: Schema) -> Any:
    if name == "errors":
        return [FIELD]
    if told["type"] == "array":
        return [{inner: _sample(inner, each) for inner, each in told["items"]["properties"].items()}]
    return MEMBERS.get(name, WORDS.get(name, told["examples"][0]))
