"""Secrets that are shown once: a repeat makes no second one, and nobody finds the first where answers are kept."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

MADE: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "/sellers/me/keys": ({"name": "Till", "scopes": ["orders:read"]}, "key", {"name": "Other till"}),
    "/sellers/me/webhooks": (
        {"url": "https://example.com/told", "events": ["order.confirmed"]},
        "secret",
        {"url": "https://example.com/other"},
    ),
}


@pytest.mark.parametrize("path", MADE)
def test_a_repeat_says_what_was_made(seller: httpx2.Client, db: psycopg.Connection[Any], path: str) -> None:
    """R-API-10: not with the secret, which is kept with no answer; how to come by another one."""
    body, secret, change = MADE[path]
    headers = {"Idempotency-Key": str(uuid4())}
    before = len(seller.get(path).json()["items"])
    made = seller.post(path, json=body, headers=headers)
    assert made.status_code == 201
    for _ in range(2):
        again = seller.post(path, json=body, headers=headers)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/secret-shown")
        assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (made.json()["id"], "true")
    assert len(seller.get(path).json()["items"]) == before + 1
    kept = db.execute("SELECT answer FROM idempotency_keys WHERE key = %s", [headers["Idempotency-Key"]]).fetchone()
    assert kept
    assert made.json()[secret].encode() not in bytes(kept[0])
    other = seller.post(path, json=body | change, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


@pytest.mark.parametrize("path", MADE)
def test_calls_at_once_make_one(seller: httpx2.Client, path: str) -> None:
    """The others hear that it is under way, or was made."""
    headers, before = {"Idempotency-Key": str(uuid4())}, len(seller.get(path).json()["items"])
    with ThreadPoolExecutor(6) as calls:
        answers = list(calls.map(lambda _: seller.post(path, json=MADE[path][0], headers=headers), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len(seller.get(path).json()["items"]) == before + 1


@pytest.mark.parametrize("path", MADE)
def test_a_refusal_is_repeated_as_it_was(seller: httpx2.Client, path: str) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    refused = [seller.post(path, json={}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in refused] == [422, 422]
    assert refused[0].json()["errors"] == refused[1].json()["errors"]
