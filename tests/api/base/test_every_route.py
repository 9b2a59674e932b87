"""The rules of section 1.3 that are about every route, on each route that the OpenAPI document names."""

from itertools import product
from typing import Any

import httpx2
import pytest

from tests.api.base.operations import Operation, is_problem

UNVERSIONED = {"/health/live", "/health/ready"}
ALIASES = {
    "POST /v1/auth/signup": "POST /v1/auth/register",
    "POST /v1/cart/add": "POST /v1/cart/items",
    "POST /v1/cart/remove": "",
    "POST /v1/orders": "POST /v1/checkout",
    "POST /v1/payments/pay": "POST /v1/payments/intent",
    "GET /v1/payments/refunds": "GET /v1/refunds",
    "POST /v1/notifications/{order_id}/{status}": "",
    "GET /v1/suggest": "",
}
"""Each alias and its canonical call; empty where the alias has a request of its own."""
WEBHOOKS = ("/v1/payments/webhook", "/v1/shipments/webhook")
LENIENT = (*WEBHOOKS, "/v1/tracking/clicks")
"""Providers may add fields; a click that is wrong is named in an answer of 202."""
OPEN = ("/v1/auth/", "/v1/notifications/unsubscribe", "/v1/shipping/rates")
"""Unsafe calls that anybody may make."""
NO_UUID = {
    ("/v1/orders/{order_id}", "order_id"),
    ("/v1/orders/{order_id}/timeline", "order_id"),
    ("/v1/inventory/{product_id}/movements", "product_id"),
}
"""Where another name of the thing is taken too, or by another call: a SKU that ends in `/movements`."""
KEYED = ("cart", "checkout", "orders", "payments", "refunds", "wallet", "payouts", "inventory")
"""Domains whose unsafe calls take an Idempotency-Key."""


def test_every_path_has_its_version(operations: list[Operation]) -> None:
    """R-API-1."""
    assert {each.path for each in operations if not each.path.startswith("/v1/")} == UNVERSIONED


def test_aliases_are_known_deprecated_and_tell_the_same(operations: list[Operation]) -> None:
    """R-API-2."""
    named = {each.name: each for each in operations}
    assert {name for name, each in named.items() if each.told.get("deprecated")} == ALIASES.keys() & named.keys()
    for alias, canonical in ALIASES.items():
        if canonical:
            one, other = named[alias], named[canonical]
            assert one.told["responses"] == other.told["responses"], alias
            for member in ("requestBody", "parameters", "security"):
                assert one.told.get(member) == other.told.get(member), (alias, member)


def test_an_alias_answers_as_its_canonical_call_does(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-2: the same status and body, no redirect."""
    for alias, canonical in ALIASES.items():
        if canonical:
            one, other = (everybody.request(*call.split(), json={"x": 1}) for call in (alias, canonical))
            assert one.status_code == other.status_code, alias
            assert not one.is_redirect, alias
            members = ("items", "type", "errors", "detail")
            assert [one.json().get(name) for name in members] == [other.json().get(name) for name in members], alias


def test_unknown_fields_are_named(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-3, R-API-8, ASVS-8.2.3: in every body but those of webhooks; no field is set that is not told of."""
    lenient: list[tuple[object, ...]] = []
    for each in operations:
        if each.body is not None and each.path not in LENIENT and each.body.get("type") != "array":
            answer = everybody.request(each.method.upper(), each.address, json={"no_such_field": 1})
            fields = [entry["field"] for entry in answer.json().get("errors", [])]
            if answer.status_code != 422 or not any("no_such_field" in field for field in fields):
                lenient.append((each.name, answer.status_code, fields))
            elif not is_problem(answer):
                lenient.append((each.name, answer.text))
    assert not lenient


def test_null_is_taken_where_the_document_says_so(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-3, R-API-12: a field that null clears takes it, and every other one names itself."""
    otherwise = []
    for each in operations:
        fields = {} if each.path in (*LENIENT, "/v1/auth/logout") else (each.body or {}).get("properties", {})
        for name, told in fields.items():
            taken = {"type": "null"} in told.get("anyOf", ()) or not told.keys() & {"type", "anyOf", "$ref"}
            answer = everybody.request(each.method.upper(), each.address, json={name: None})
            entries = answer.json().get("errors", []) if answer.status_code == 422 else []
            if taken == any(entry["field"] == f"body.{name}" for entry in entries):
                otherwise.append((each.name, name, answer.status_code, entries))
    assert not otherwise


def test_booleans_are_no_texts_nor_numbers(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-3: in bodies only what JSON calls true or false is taken, and the field is named."""
    fields = [
        (each, name)
        for each in operations
        for name, told in (each.body or {}).get("properties", {}).items()
        if {"type": "boolean"} in ({"type": told.get("type")}, *told.get("anyOf", ()))
    ]
    assert len(fields) >= 10
    for (each, name), given in product(fields, ("true", "yes", 1)):
        answer = everybody.request(each.method.upper(), each.address, json={name: given})
        entries = answer.json().get("errors", []) if answer.status_code == 422 else []
        assert f"body.{name}" in [entry["field"] for entry in entries], (each.name, name, given, answer.status_code)


def test_unknown_query_parameters_are_named(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-3: on each route, whether or not it has parameters of its own."""
    lenient = []
    for each in operations:
        if each.path.startswith("/v1/") and each.path not in (*LENIENT, "/v1/notifications/unsubscribe"):
            answer = everybody.request(each.method.upper(), each.address, params={"no_such": 1}, json={})
            fields = [entry["field"] for entry in answer.json().get("errors", [])] if answer.content else []
            if (answer.status_code, fields.count("query.no_such")) != (422, 1):
                lenient.append((each.name, answer.status_code, fields))
    assert not lenient


def test_ids_are_typed(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-4: a segment that is no UUID is 422, whichever route it is."""
    for each in operations:
        for (place, name), told in each.parameters.items():
            if place == "path" and name.endswith("_id") and (each.path, name) not in NO_UUID:
                assert told["schema"].get("format") == "uuid", (each.name, name)
                address = each.address if each.path.count("{") > 1 else each.path.format(**{name: "no-uuid"})
                if address != each.path and each.path.count("{") == 1:
                    answer = everybody.request(each.method.upper(), address)
                    assert (answer.status_code, is_problem(answer)) == (422, True), each.name


def test_literal_segments_come_before_ids(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-4: the literal route answers, not the one that takes an id there."""
    literals = [each for each in operations if "{" not in each.path and each.method == "get"]
    taking = {each.path for each in operations if "{" in each.path and each.method == "get"}
    beside = [each for each in literals if any(_hides(path, each.path) for path in taking)]
    assert beside
    for each in beside:
        answer = everybody.get(each.path)
        wrong = [entry["field"] for entry in answer.json().get("errors", [])]
        assert not any(field.startswith("path.") for field in wrong), each.name


def _hides(pattern: str, path: str) -> bool:
    parts, own = pattern.split("/"), path.split("/")
    return len(parts) == len(own) and all(a == b or a.startswith("{") for a, b in zip(parts, own, strict=True))


def test_money_is_whole(document: dict[str, Any]) -> None:
    """R-API-5: no amount is a number with a fraction, in no body."""
    for name, schema in document["components"]["schemas"].items():
        for field, told in schema.get("properties", {}).items():
            kinds = {told.get("type"), *(each.get("type") for each in told.get("anyOf", []))} - {None, "null"}
            if field.endswith("_minor"):
                assert kinds == {"integer"}, (name, field)
            assert field not in ("price", "amount", "total") or kinds != {"number"}, (name, field)


def test_nobody_changes_anything_without_a_token(api: str, operations: list[Operation]) -> None:
    """R-API-8: every unsafe call that takes a token needs it, and says so before it looks at the body."""
    with httpx2.Client(base_url=api, timeout=20) as nobody:
        for each in operations:
            if each.method != "get" and "security" in each.told and "401" in each.told["responses"]:
                answer = nobody.request(each.method.upper(), each.address, json={})
                if each.path.startswith(OPEN):
                    assert answer.status_code in (401, 422), each.name
                else:
                    assert (answer.status_code, is_problem(answer)) == (401, True), each.name
                    assert answer.headers["www-authenticate"] == "Bearer", each.name


def test_ids_of_nothing_are_not_there(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-8, R-API-9: a thing that does not exist is a problem; for operators, who see all, its list may be empty."""
    for each in operations:
        if each.method == "get" and "{" in each.path and each.path != "/v1/recommendations/user/{user_id}":
            answer = everybody.get(each.address)
            if answer.status_code != 200 or answer.json()["items"]:
                assert (answer.status_code in (404, 422), is_problem(answer)) == (True, True), each.name


def test_unsafe_calls_of_money_and_stock_take_a_key(operations: list[Operation]) -> None:
    """R-API-10: the header is told of on each, and nowhere else is it promised in vain."""
    without = [
        each.name
        for each in operations
        if each.method != "get"
        and each.path not in WEBHOOKS
        and (each.path.split("/")[2] in KEYED or each.path.endswith("/inventory"))
        and ("header", "Idempotency-Key") not in {(p, n.title() if p == "header" else n) for p, n in each.parameters}
    ]
    assert not without


def test_a_change_needs_no_field(operations: list[Operation]) -> None:
    """R-API-12: absent ones stay, unless there is only one to change."""
    needy = [
        each.name
        for each in operations
        if each.method == "patch" and each.body and each.body.get("required")
        and len(each.body["properties"].keys() - {"expected_version"}) > 1
    ]  # fmt: skip
    assert not needy


@pytest.mark.parametrize(("method", "path"), list(product(("GET", "POST"), ("/v1/nowhere", "/v1/products/x/y/z"))))
def test_what_is_no_path_is_a_problem(everybody: httpx2.Client, method: str, path: str) -> None:
    """R-API-8."""
    answer = everybody.request(method, path)
    assert (answer.status_code, is_problem(answer)) == (404, True)


@pytest.mark.parametrize("path", ["/v1/products", "/v1/nowhere", "/v1/cart", "/health/live"])
def test_every_answer_can_be_traced(api: str, path: str) -> None:
    """R-API-13: what comes is returned; what does not is made anew for each call."""
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    given = httpx2.get(f"{api}{path}", headers={"traceparent": parent, "X-Request-ID": "mine"}, timeout=20)
    assert (given.headers["traceparent"], given.headers["x-request-id"]) == (parent, "mine")
    made = [httpx2.get(f"{api}{path}", timeout=20).headers for _ in range(2)]
    for name in ("traceparent", "x-request-id"):
        assert made[0][name]
        assert made[0][name] != made[1][name]
