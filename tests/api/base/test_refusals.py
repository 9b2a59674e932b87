"""What cannot be read is refused in words: bodies, what is no HTTP, and values that no list has."""

import json
import socket
from collections.abc import Iterator

import httpx2
import pytest

PROBLEM = "application/problem+json"
JSON = {"content-type": "application/json"}


@pytest.fixture
def http(api: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=api, timeout=20) as client:
        yield client


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"email": "\xff"}', "UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"email": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"email": "a\\ud800"}', "surrogate"),
        (b"[]", "must be a JSON object"),
        (b"", "is missing"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(http: httpx2.Client, content: bytes, says: str) -> None:
    """R-API-3."""
    answer = http.post("/v1/auth/login", content=content, headers=JSON)
    assert answer.status_code == 422
    assert says in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("line", [b"FOO / HTTP/1.1", b"GET / HTTP/1.1\r\nhost: a\r\nx-a: \x01"])
def test_what_is_no_http_is_a_problem_too(api: str, line: bytes) -> None:
    """R-API-8."""
    port = int(api.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(line + b"\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert PROBLEM.encode() in head
    assert json.loads(body)["type"] == "/problems/malformed-request"


def test_an_unknown_state_is_named(shopper: httpx2.Client) -> None:
    """R-API-3: instead of an empty list."""
    for path in ("/orders", "/refunds"):
        answer = shopper.get(path, params={"status": "paied"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith("query.status")
