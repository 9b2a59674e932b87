"""Reading asks the database a handful of questions, however much there is to tell of, and changes nothing."""

import re
from typing import Any, NamedTuple

import httpx2
import psycopg
import pytest

from tests.api.base.listening import Sent, listening, read_whole
from tests.api.base.operations import Operation
from tests.api.base.plenty import Shop

MOST = 8
"""Statements of one call, those that look the caller up included."""
PARAMETERS: dict[str, dict[str, Any]] = {
    "/v1/reviews": {"mine": True},
    "/v1/sellers/{seller_id}/statements": {"month": "2026-10"},
    "/v1/search": {"q": "Teapot"},
    "/v1/search/suggestions": {"q": "Tea"},
    "/v1/suggest": {"prefix": "Tea"},
}
"""What a call needs."""
ELSEWHERE = {
    "/health/live",
    "/health/ready",
    "/v1/images/{object_key}/{size}",
    "/v1/notifications/unsubscribe",
    "/v1/analytics/dashboard",
    "/v1/analytics/orders",
}
"""Calls that read no rows, or what the stream side publishes."""
ALONE = {
    "/v1/sellers",
    "/v1/sellers/{seller_id}/balance",
    "/v1/sellers/{seller_id}/statements",
    "/v1/wallet",
    "/v1/search/suggestions",
    "/v1/suggest",
    "/v1/recommendations/popular",
    "/v1/recommendations/user/me",
    "/v1/recommendations/user/{user_id}",
    "/v1/recommendations/similar/{product_id}",
}
"""Lists with less than two items here: one shop, one currency, and what the stream side publishes."""

ALL = {"/v1/analytics/reconcile"}
"""Calls about everything there is: operators compare the books."""
CHANGING = re.compile(r"\b(insert into|update|delete from)\b", re.IGNORECASE)
"""Also of `SELECT ... FOR UPDATE`: a call that reads has no transaction in which a lock would last."""


class Asked(NamedTuple):
    """How many items a call gave (two, when it is no list), and what the database was sent for it."""

    items: int
    sent: list[Sent]


@pytest.fixture(scope="module")
def person(everybody: httpx2.Client, api: str) -> httpx2.Client:
    """Somebody with every role."""
    everybody.base_url = httpx2.URL(f"{api}/v1")
    return everybody


def test_more_rows_take_no_more_statements(
    person: httpx2.Client, operations: list[Operation], db: psycopg.Connection[Any]
) -> None:
    """No N+1: each call that reads sends as many statements for many rows as for one, and no more than a handful."""
    reading = [each for each in operations if each.method == "get" and each.path not in ELSEWHERE]
    plenty = Shop(person, db)
    plenty.grow(1)
    few = {each.path: _asked(person, each, plenty.ids) for each in reading}
    plenty.grow(3)
    many = {each.path: _asked(person, each, plenty.ids) for each in reading}
    assert {path for path, asked in many.items() if asked.items < 2} - ALONE == set()
    assert {path: asked for path, asked in many.items() if len(asked.sent) > len(few[path].sent)} == {}
    assert {path: asked for path, asked in many.items() if len(asked.sent) > MOST} == {}
    assert {
        path: asked for path, asked in many.items() if any(CHANGING.search(each.statement) for each in asked.sent)
    } == {}


def test_no_call_reads_a_table_without_an_index(
    person: httpx2.Client, operations: list[Operation], db: psycopg.Connection[Any]
) -> None:
    """R-NFR-4: where an index leads to the rows, the planner takes it once the others cost more than they can."""
    reading = [each for each in operations if each.method == "get" and each.path not in ELSEWHERE | ALL]
    plenty = Shop(person, db)
    plenty.grow(2)
    whole = {
        (each.path, table)
        for each in reading
        for sent in _asked(person, each, plenty.ids).sent
        for table in read_whole(db, sent)
    }
    assert whole == set()


def _asked(person: httpx2.Client, each: Operation, ids: dict[str, Any]) -> Asked:
    """One call, for as long a page as there may be."""
    params: dict[str, Any] = dict(PARAMETERS.get(each.path, {}))
    if each.path == "/v1/products/inventory":
        params = {"ids": [one["id"] for one in person.get("/products").json()["items"]]}
    if ("query", "limit") in each.parameters:
        params["limit"] = each.parameters["query", "limit"]["schema"]["maximum"]
    sent: list[Sent] = []
    with listening(sent.append):
        answer = person.get(each.path.removeprefix("/v1").format(**ids), params=params)
    assert answer.is_success, (each.name, answer.text)
    return Asked(len(answer.json().get("items", "..")), sent)
