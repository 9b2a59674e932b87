"""Holds every request to PayPal, and every answer of its stand-in, against what PayPal documents.

`contract.json` says that for what Atlantic uses, stricter than PayPal: a request may have no field that is not there.
With `PAYPAL_DOCUMENTS` set to a folder of PayPal's own OpenAPI documents (it publishes them), those are used.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema_rs import Draft4Validator

OURS = Path(__file__).with_name("contract.json")
FOREIGN = "PAYPAL_DOCUMENTS"
UNSAID = frozenset(("/v1/oauth2/token",))
"""What the documents say in prose only."""
IN_GUIDES_ONLY = "INSTRUMENT_DECLINED"
"""What PayPal's guides say of authorizing as well, its documents of capturing alone."""


class Exchange(NamedTuple):
    """What was asked and what was answered; bodies as read from JSON, None without one."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    said: object
    status: int
    answer: object


class _Operation(NamedTuple):
    document: dict[str, Any]
    path: re.Match[str]
    says: dict[str, Any]


def breaches(exchange: Exchange) -> list[str]:
    """What PayPal does not document of an exchange."""
    if exchange.path in UNSAID:
        return []
    found = _operation(exchange.method.lower(), exchange.path)
    if found is None:
        return [f"{exchange.method} {exchange.path}: no such operation"]
    wrong = [*_parameters(found, exchange), *_request(found, exchange), *_answer(found, exchange)]
    return [f"{exchange.method} {exchange.path} {exchange.status}: {one}" for one in wrong]


def _parameters(found: _Operation, exchange: Exchange) -> Iterator[str]:
    given = {
        "path": found.path.groupdict(),
        "query": exchange.query,
        "header": {name.lower(): value for name, value in exchange.headers.items()},
    }
    for told in found.says.get("parameters", []):
        parameter = _resolved(found.document, told)
        place, name = parameter["in"], parameter["name"]
        value = given[place].get(name.lower() if place == "header" else name)
        if value is None:
            if parameter.get("required"):
                yield f"{name} is missing"
            continue
        number = parameter["schema"].get("type") == "integer"
        yield from _wrong(found.document, parameter["schema"], int(value) if number else value)


def _request(found: _Operation, exchange: Exchange) -> Iterator[str]:
    body = _resolved(found.document, found.says.get("requestBody", {}))
    if exchange.said is None:
        if body.get("required"):
            yield "a body is missing"
    elif "content" in body:
        yield from _wrong(found.document, body["content"]["application/json"]["schema"], exchange.said)


def _answer(found: _Operation, exchange: Exchange) -> Iterator[str]:
    responses = found.says["responses"]
    told = responses.get(str(exchange.status), responses.get("default"))
    if told is None:
        yield "no such status"
        return
    content = _resolved(found.document, told).get("content", {}).get("application/json")
    if content and exchange.status != HTTPStatus.NO_CONTENT and IN_GUIDES_ONLY not in json.dumps(exchange.answer):
        yield from _wrong(found.document, content["schema"], exchange.answer)


def _wrong(document: dict[str, Any], schema: dict[str, Any], value: object) -> Iterator[str]:
    whole = {"allOf": [schema], "components": document["components"]}
    for error in Draft4Validator(whole, validate_formats=True).iter_errors(value):
        yield f"{'.'.join(map(str, error.instance_path))}: {error.message}"


def _resolved(document: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    found: Any = told
    while "$ref" in found:
        reference, found = found["$ref"], document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    return dict(found)


def _operation(method: str, path: str) -> _Operation | None:
    for document in _documents():
        for template, operations in document["paths"].items():
            match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
            if match and method in operations:
                return _Operation(document, match, operations[method])
    return None


@cache
def _documents() -> list[dict[str, Any]]:
    folder = os.environ.get(FOREIGN)
    paths = sorted(Path(folder).glob("*_v[12].json")) if folder else [OURS]
    return [json.loads(path.read_text(encoding="utf-8"), object_hook=_without_prose) for path in paths]


def _without_prose(thing: dict[str, Any]) -> dict[str, Any]:
    """Sentences may change at any time, PayPal says; its documents list them all the same."""
    prose = {name: thing[name] for name in ("description", "message") if isinstance(thing.get(name), dict)}
    return thing | {name: {"type": "string"} for name in prose}
