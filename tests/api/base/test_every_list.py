"""The rules of section 1.3 that are about lists, on each list that the OpenAPI document names."""

from typing import Any

import httpx2

from tests.api.base.operations import Operation, is_problem

NEEDED = {"/v1/reviews": {"mine": True}}
OTHER_LIMITS = {"/v1/analytics/reconcile": 1000}


def lists_of(operations: list[Operation]) -> list[Operation]:
    """Operations that answer with pages."""
    return [each for each in operations if {"items", "next_cursor"} <= each.answer.get("properties", {}).keys()]


def test_pages_are_bounded(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-6: limit and cursor everywhere; nothing below 1, above the most, or out of another list."""
    found = lists_of(operations)
    assert len(found) > 5
    strange = everybody.get("/v1/products", params={"limit": 1}).json()["next_cursor"] or "AAAA"
    for each in found:
        most, limit = OTHER_LIMITS.get(each.path, 100), each.parameters["query", "limit"]["schema"]
        assert (limit["minimum"], limit["maximum"]) == (1, most), each.name
        assert limit["default"] == (20 if most == 100 else most), each.name
        needed: dict[str, Any] = NEEDED.get(each.path, {})
        for wrong in (0, most + 1):
            answer = everybody.get(each.address, params={**needed, "limit": wrong})
            fields = [entry["field"] for entry in answer.json().get("errors", [])]
            assert (answer.status_code, fields) == (422, ["query.limit"]), each.name
        for cursor in {"AAAA", "%", strange} - ({strange} if each.path == "/v1/products" else set()):
            answer = everybody.get(each.address, params={**needed, "cursor": cursor})
            assert answer.status_code in (404, 422), (each.name, cursor)
            slug = "not-found" if answer.status_code == 404 else "cursor-invalid"
            assert (answer.json()["type"], is_problem(answer)) == (f"/problems/{slug}", True), (each.name, cursor)


def test_only_listed_sorts_are_taken(everybody: httpx2.Client, operations: list[Operation]) -> None:
    """R-API-7."""
    sorted_ones = [each for each in operations if ("query", "sort") in each.parameters]
    assert sorted_ones
    for each in sorted_ones:
        answer = everybody.get(each.address, params={"sort": "password_hash"})
        fields = [entry["field"] for entry in answer.json()["errors"]]
        assert answer.status_code == 422, each.name
        assert "query.sort" in fields, each.name
