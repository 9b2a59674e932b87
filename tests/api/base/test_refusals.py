"""What cannot be read is refused in words: bodies, what is no HTTP, and values that no list has."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import httpx2
import pytest

from tests import shop
from tests.shop import ADDRESS

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


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        ("PUT /v1/cart", "DELETE, GET, HEAD"),
        ("OPTIONS /v1/products", "GET, HEAD, POST"),
        ("POST /v1/users/me", "DELETE, GET, HEAD, PATCH"),
        ("PUT /v1/inventory/a/b", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_known_is_told_all_that_are(http: httpx2.Client, call: str, allowed: str) -> None:
    """RFC 9110, 15.5.6."""
    answer = http.request(*call.split())
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_an_unknown_state_is_named(shopper: httpx2.Client) -> None:
    """R-API-3: instead of an empty list."""
    for path in ("/orders", "/refunds"):
        answer = shopper.get(path, params={"status": "paied"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith("query.status")


@pytest.mark.parametrize("city", ["\ufb2c" * 50, "Lon\ndon", "Lon\tdon", "Lon\u2028don", "\u200b \u202e\u200d"])
def test_a_name_is_measured_as_it_is_kept_and_stands_on_one_line(shopper: httpx2.Client, city: str) -> None:
    """1.2: NFC makes three characters of this one; line breaks and tabs are control characters; some are not seen."""
    answer = shopper.post("/users/me/addresses", json=ADDRESS | {"label": city})
    assert (answer.status_code, [entry["field"] for entry in answer.json()["errors"]]) == (422, ["body.label"])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("\u200bAnn\u200b", "Ann"), ("\u202eAnn", "Ann"), ("A\u00adnn \u200d", "Ann"), ("\ufeffAnn", "Ann"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\U0001f469\u200d\U0001f373", "\U0001f469\u200d\U0001f373"),
    ],
)  # fmt: skip
def test_a_name_holds_nothing_that_nobody_sees(shopper: httpx2.Client, sent: str, kept: str) -> None:
    """1.2: else two shops look alike, and a name runs backwards; joiners within words and pictures stay."""
    assert shopper.patch("/users/me", json={"first_name": sent}).raise_for_status().json()["first_name"] == kept


def test_no_shop_takes_anothers_name_by_what_is_not_seen(api: str, seller: httpx2.Client) -> None:
    """3.1: display names are unique."""
    name = seller.get("/sellers/me").json()["display_name"]
    with closing(shop.seller(api)[0]) as other:
        path = f"/sellers/{other.headers['X-Seller']}"
        answer = other.patch(path, json={"display_name": f"{name[:2]}\u2060{name[2:]}\u200d"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/seller-exists")


def test_a_text_of_several_lines_keeps_them(seller: httpx2.Client, category: str) -> None:
    """1.2: composed, not refused."""
    sheet = {"care": "by hand\n\tcold", "weight": 2**53 - 1, "height": 1.5}
    wanted = {"sku": f"S-{uuid4().hex}", "name": "Cafe\u0301", "category_id": category, "price_minor": 1,
              "description": "one\ntwo\tthree", "specifications": sheet}  # fmt: skip
    found = seller.post("/products", json=wanted).raise_for_status().json()
    assert (found["name"], found["description"]) == ("Caf\u00e9", "one\ntwo\tthree")
    page = seller.get(f"/products/{found['id']}").raise_for_status().json()
    assert page["specifications"] == sheet


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity"])
def test_a_number_that_is_none_names_its_field(seller: httpx2.Client, category: str, number: str) -> None:
    """R-API-3."""
    wanted = {"sku": f"S-{uuid4().hex}", "name": "Cup", "category_id": category, "price_minor": 1}
    body = json.dumps(wanted)[:-1] + f', "specifications": {{"width": {number}}}}}'
    answer = seller.post("/products", content=body, headers=JSON)
    assert answer.status_code == 422
    assert all(entry["field"].startswith("body.specifications.width") for entry in answer.json()["errors"])
