"""HEAD: whatever is read by GET, without its body (RFC 9110, 9.3.2)."""

from typing import Any

import httpx2
import pytest

from tests import shop

OWN = {"date", "x-request-id", "traceparent"}
"""Headers of one call alone."""


@pytest.fixture(scope="module")
def product(seller: httpx2.Client) -> str:
    """Something that anybody may look at; its id."""
    return shop.product(seller, price=500, stock=1)


def heads(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OWN}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/products", 200), ("/products/{product}", 200), ("/categories", 200), ("/search?q=tea", 200),
        ("/users/me", 200), ("/orders?limit=1", 200), ("/orders?limit=0", 422), ("/users", 403),
        ("/products/00000000-0000-7000-8000-000000000000", 404), ("/nowhere", 404), ("/auth/login", 405),
    ],
)  # fmt: skip
def test_head_answers_as_get_without_the_body(shopper: httpx2.Client, product: str, path: str, status: int) -> None:
    """Same status, same headers: in front of the framework, behind it, and where it is refused."""
    address = path.format(product=product)
    read, head = shopper.get(address), shopper.head(address)
    assert (read.status_code, head.status_code, head.content) == (status, status, b"")
    assert "content-length" in head.headers
    assert {**heads(head), "content-length": ""} == {**heads(read), "content-length": ""}
    if status < 400 and not path.startswith("/search"):
        assert head.headers["content-length"] == read.headers["content-length"]


def test_nobody_in_particular_may_ask_too(api: str, product: str) -> None:
    """The pages that anybody reads, health, and what the framework itself serves."""
    for path in (f"/v1/products/{product}", "/v1/products", "/health/live", "/openapi.json", "/docs", "/problems"):
        read, head = (httpx2.request(method, f"{api}{path}", timeout=60) for method in ("GET", "HEAD"))
        assert (head.status_code, heads(head), head.content) == (read.status_code, heads(read), b""), path


def test_the_document_names_no_head(document: dict[str, Any]) -> None:
    """It is a matter of HTTP, and no operation."""
    assert [path for path, operations in document["paths"].items() if "head" in operations] == []
