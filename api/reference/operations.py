"""Completes what the routes say of single operations: summaries, parameters, security, bodies, examples (E-OPS-4)."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi.dependencies.models import Dependant

from api import callers
from api.problems import MEDIA_TYPE
from api.reference.examples import Composer, merged
from api.reference.story import ANSWERS, WORDS
from api.reference.story.steps import BODIES

PARAMETERS: Mapping[str, str] = {
    "from": "from this moment or day on, UTC", "to": "before this moment, or up to this day, UTC",
    "sort": "which come first; with `-` the largest or newest", "limit": "how many at most",
    "cursor": "`next_cursor` of the page before", "status": "of this status only", "currency": "ISO 4217 code",
    "seller_id": "of this seller only", "user_id": "of this account only", "order_id": "of this order only",
    "type": "of this type only", "kind": "of this kind only", "channel": "over this channel only",
    "role": "with this role only", "email": "with this e-mail address only", "phone": "with this phone number only",
    "cause_id": "with this cause only", "cause_type": "with causes of this type only", "spec_id": "of this sheet only",
    "price_min": "from this price on, in minor units", "price_max": "up to this price, in minor units",
    "in_stock": "true: what can be bought now", "rating_min": "with at least this average",
    "active": "in force or not",
    "order_number": "the order of this number", "scope": "of this scope only", "account": "of this account only",
    "actor_id": "calls of this operator only", "object_id": "calls about this object only",
    "object_type": "calls about objects of this type only", "action": "calls of this operationId only",
    "rating": "of so many stars only", "product_id": "of this product only", "event": "of this event only",
    "q": "words to look for", "parent": "below this category", "depth": "how many levels", "tree": "as a tree",
    "parent_id": "below this category only", "has_comment": "true: with a comment only",
    "size": "which of the sizes", "object_key": "the picture's key, as its `urls` have it",
}  # fmt: skip
FIELDS: Mapping[str, str] = {"_minor": "ISO 4217 minor units", "_bp": "basis points: 100 are 1 %"}


def amend(operation: dict[str, Any], dependant: Dependant, composer: Composer) -> Iterator[tuple[str, Any]]:
    """Complete an operation; the examples it refers to, by their name in the document."""
    name = operation["operationId"]
    for parameter in operation.get("parameters", ()):
        _describe(parameter)
    if "security" in operation and not _needs_token(dependant):
        operation["security"] = [{}, *operation["security"]]
    moment = name.removesuffix("_alias")
    yield from _body(moment, operation, composer)
    yield from _answer(moment, operation, composer)


def fields(schemas: Mapping[str, Any]) -> None:
    """Say the unit of every amount that does not say it itself."""
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            unit = next((text for ending, text in FIELDS.items() if name.endswith(ending)), "")
            if unit and "$ref" not in field:
                field.setdefault("description", unit)


def _describe(parameter: dict[str, Any]) -> None:
    name, in_path = parameter["name"], parameter["in"] == "path"
    if "description" not in parameter:
        own = f"id of the {name.removesuffix('_id').replace('_', ' ')}" if name.endswith("_id") and in_path else ""
        parameter["description"] = parameter["schema"].get("description") or own or PARAMETERS.get(name, "")
    if parameter.get("required") and name in WORDS:
        parameter["example"] = WORDS[name]


def _needs_token(dependant: Dependant) -> bool:
    return any(each.call in (callers.shopper, callers.bearer) or _needs_token(each) for each in dependant.dependencies)


def _body(name: str, operation: dict[str, Any], composer: Composer) -> Iterator[tuple[str, Any]]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if name in BODIES:
            yield _refer(content, f"{name}-{kind.rpartition('/')[2]}", BODIES[name][kind])
        else:
            yield _refer(
                content, _named(content["schema"]) or f"{name}-body", composer.of(content["schema"], whole=False)
            )


def _answer(name: str, operation: dict[str, Any], composer: Composer) -> Iterator[tuple[str, Any]]:
    for status, told in operation["responses"].items():
        contents = told.get("content", {})
        if not contents.get("application/json", {"schema": 1}).get("schema"):
            del told["content"]  # what the framework says of answers without a body
        if told["description"] == "Successful Response":
            told["description"] = HTTPStatus(int(status)).phrase
        for kind, content in contents.items():
            if kind != MEDIA_TYPE and "schema" in content and content["schema"]:
                moment = name if status < "400" else f"{name}-{status}"
                yield from _answered(moment, content, composer)


def _answered(moment: str, content: dict[str, Any], composer: Composer) -> Iterator[tuple[str, Any]]:
    change = ANSWERS.get(moment)
    if isinstance(change, str):
        yield _refer(content, moment, change)
        return
    for schema in content["schema"].get("anyOf", [content["schema"]]):
        made = composer.of(schema, whole=True)
        yield _refer(content, moment, merged(made, change)) if change else _refer(content, _named(schema), made)
        change = None


def _named(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    return next((_named(each) for each in schema.get("anyOf", ()) if "$ref" in each), "")


def _refer(content: dict[str, Any], name: str, value: Any) -> tuple[str, Any]:
    """Point from a body to its example, which stands in the document once."""
    content.setdefault("examples", {})[name] = {"$ref": f"#/components/examples/{name}"}
    return name, {"value": value}
