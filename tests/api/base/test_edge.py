"""What every call can rely on: problems, commits, keys, bounds, and life without Redis."""

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from limits import parse
from redis import Redis

from api import rates
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving

PROBLEM = "application/problem+json"
PERSON = {"email": "", "password": shop.PASSWORD, "first_name": "Ann", "last_name": "Lee", "phone": "+442079460000"}


@pytest.fixture
def http(api: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=api, timeout=20) as client:
        yield client


JSON = {"content-type": "application/json"}
LOGIN = "POST /v1/auth/login"


@pytest.mark.parametrize(
    ("call", "options", "status", "slug"),
    [
        ("GET /nowhere", {}, 404, "not-found"),
        ("PUT /v1/auth/login", {}, 405, "method-not-allowed"),
        (LOGIN, {"content": "{", "headers": JSON}, 422, "validation-failed"),
        (LOGIN, {"content": "a=1", "headers": {"content-type": "text/plain"}}, 415, "unsupported-media-type"),
        (LOGIN, {"content": b"[" * 2_000_000}, 413, "payload-too-large"),
        (LOGIN, {"json": {"email": "a", "password": "b", "x": 1}}, 422, "validation-failed"),
        ("GET /v1/products/no-uuid", {}, 422, "validation-failed"),
        ("GET /v1/products/%00", {}, 422, "validation-failed"),
        ("GET /v1/orders?order_number=%00", {}, 422, "validation-failed"),
        ("GET /v1/cart", {}, 401, "unauthenticated"),
        ("GET /v1/categories?parent=1", {}, 422, "validation-failed"),
        ("GET /v1/images/0123456789abcdef0123456789abcdef/400?v=2", {}, 422, "validation-failed"),
    ],
)
def test_every_refusal_is_a_problem_document(
    http: httpx2.Client, call: str, options: dict[str, Any], status: int, slug: str
) -> None:
    """R-API-8, R-API-13, R-API-14."""
    answer = http.request(*call.split(), **options)
    body = answer.json()
    assert (answer.status_code, answer.headers["content-type"], body["type"]) == (status, PROBLEM, f"/problems/{slug}")
    assert body["correlation_id"] == answer.headers["x-request-id"]
    assert {"title", "status", "detail", "instance"} <= body.keys()


def test_a_chunked_body_is_bounded_too(http: httpx2.Client) -> None:
    """R-API-14."""

    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    answer = http.post("/v1/auth/login", content=parts(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/payload-too-large")


def test_each_wrong_field_is_named(http: httpx2.Client) -> None:
    """R-API-3."""
    answer = http.post("/v1/auth/register", json={**PERSON, "email": "x", "password": "y", "colour": "blue"})
    assert [entry["field"] for entry in answer.json()["errors"]] == ["body.email", "body.password", "body.colour"]


def test_a_crash_tells_nothing(http: httpx2.Client, db: psycopg.Connection[Any]) -> None:
    """R-SEC-4: 500 without the exception's text."""
    db.execute("ALTER TABLE categories RENAME TO hidden_categories")
    try:
        answer = http.get("/v1/categories")
    finally:
        db.execute("ALTER TABLE hidden_categories RENAME TO categories")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "categories" not in answer.text.replace("/v1/categories", "")


def test_a_commit_that_fails_is_no_success(api: str, db: psycopg.Connection[Any]) -> None:
    """R-EVT-4: the answer waits for the commit."""
    db.execute("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''at commit''; END'")
    db.execute(
        "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    try:
        email = f"{uuid4()}@example.com"
        answer = httpx2.post(f"{api}/v1/auth/register", json={**PERSON, "email": email})
    finally:
        db.execute("DROP TRIGGER t ON users")
        db.execute("DROP FUNCTION fail")
    assert answer.status_code >= 500
    assert db.execute("SELECT FROM users WHERE email = %s", [email]).fetchone() is None


def test_a_request_id_is_taken_unless_it_is_an_importers(http: httpx2.Client, db: psycopg.Connection[Any]) -> None:
    """R-API-13: and becomes the correlation id of the facts."""
    mine, forged = f"order-{uuid4()}", "import:x"
    for given in (mine, forged):
        body = {**PERSON, "email": f"{uuid4()}@example.com"}
        answer = http.post("/v1/auth/register", json=body, headers={"X-Request-ID": given}).raise_for_status()
        assert (answer.headers["x-request-id"] == given) == (given == mine)
    found = db.execute("SELECT convert_from(line, 'utf8')::json ->> 'correlation_id' FROM outbox").fetchall()
    assert (mine,) in found
    assert (forged,) not in found


def test_health_and_documentation_need_nobody(http: httpx2.Client, operator: httpx2.Client) -> None:
    """E-OPS-1 to E-OPS-5."""
    assert http.get("/health/live").json() == {"status": "ok"}
    assert http.get("/health/ready").json() == {"status": "ready", "parts": None}
    detail = http.get("/health/ready", headers={"Authorization": operator.headers["Authorization"]})
    assert detail.status_code == 200
    assert "http_requests_total" in http.get("/metrics").text
    page = http.get("/docs").text
    assert "https://" not in page
    assert http.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200


def test_twins_under_one_key_take_effect_once(shopper: httpx2.Client, seller: httpx2.Client) -> None:
    """R-API-10: a twin is told to wait, or gets the answer again."""
    product = shop.product(seller, price=10, stock=50)
    key = {"Idempotency-Key": str(uuid4())}
    body = {"product_id": product, "quantity": 1}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shopper.post("/cart/items", json=body, headers=key), range(8)))
        repeats = list(pool.map(lambda _: shopper.post("/cart/items", json=body, headers=key), range(24)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json().get("type") for answer in answers if answer.status_code == 409} <= {
        "/problems/idempotency-in-progress"
    }
    assert {answer.status_code for answer in repeats} == {201}, "an answered call is answered again, to all at once"
    assert shopper.get("/cart").json()["items"][0]["quantity"] == 1


def test_a_lost_race_is_run_again(shopper: httpx2.Client, seller: httpx2.Client, db: psycopg.Connection[Any]) -> None:
    """R-INV-1: the caller does not see it, with a key or without."""
    product = shop.product(seller, price=10, stock=50)
    db.execute("CREATE SEQUENCE tries")
    db.execute(
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('tries') % 2 = 1 THEN "
        "RAISE 'lost' USING ERRCODE = 'deadlock_detected'; END IF; RETURN NEW; END $$"
    )
    db.execute("CREATE TRIGGER t BEFORE INSERT ON cart_items FOR EACH ROW EXECUTE FUNCTION lose()")
    try:
        for headers in ({}, {"Idempotency-Key": str(uuid4())}):
            body = {"product_id": product, "quantity": 1}
            assert shopper.post("/cart/items", json=body, headers=headers).status_code == 201
    finally:
        db.execute("DROP TRIGGER t ON cart_items")
        db.execute("DROP FUNCTION lose")
        db.execute("DROP SEQUENCE tries")
    assert shopper.get("/cart").json()["items"][0]["quantity"] == 2


def test_limits_hold_and_say_how_long(pg: str, redis_url: str, tmp_path: Path) -> None:
    """R-API-18: in Redis, and per process without it."""
    for redis in (redis_url, "redis://127.0.0.1:9/0"):
        with (
            serving(kafka_bootstrap=NOBODY_LISTENS, home=tmp_path, rate_limits=True, redis_url=redis) as api,
            httpx2.Client(base_url=api, timeout=20) as http,
        ):
            body = {"email": "nobody@example.com", "password": "wrong password"}
            answers = [http.post("/v1/auth/login", json=body) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert answers[-1].headers["ratelimit-limit"] == "5"


def test_an_invented_token_is_no_way_around_the_limit(pg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-API-18: what is no token of ours counts for its address, which a trusted gateway names."""
    monkeypatch.setattr(rates, "ANY_CALL", parse("5/minute"))
    one, other = f"10.0.0.{uuid4()}", f"10.0.1.{uuid4()}"
    with (
        serving(kafka_bootstrap=NOBODY_LISTENS, home=tmp_path, rate_limits=True) as api,
        httpx2.Client(base_url=api, timeout=20) as http,
    ):

        def call(caller: str) -> int:
            headers = {"X-Forwarded-For": caller, "Authorization": f"Bearer {uuid4()}"}
            return http.get("/v1/products", headers=headers).status_code

        assert [call(one) for _ in range(6)] == [401] * 5 + [429]
        assert call(other) == 401


def test_without_redis_everything_works(pg: str, tmp_path: Path) -> None:
    """R-API-16, R-USR-10: also that a token which was signed out stays out."""
    with (
        serving(
            kafka_bootstrap=NOBODY_LISTENS, home=tmp_path, rate_limits=False, redis_url="redis://127.0.0.1:9/0"
        ) as api,
        closing(shop.account(api)) as client,
    ):
        assert client.get("/cart").status_code == 200
        assert client.get("/products").status_code == 200
        assert client.post("/auth/logout").status_code == 204
        assert client.get("/cart").status_code == 401


def test_a_lost_blacklist_is_rebuilt(api: str, redis_url: str) -> None:
    """R-USR-6 over a Redis that forgot everything."""
    with closing(shop.account(api)) as client:
        client.post("/auth/logout").raise_for_status()
        with Redis.from_url(redis_url) as redis:
            redis.flushdb()
        assert client.get("/cart").status_code == 401


def test_openapi_documents_its_problems(http: httpx2.Client) -> None:
    """E-OPS-4: every operation has a summary, a tag and problem bodies that resolve."""
    document = http.get("/openapi.json").json()
    assert "Problem" in document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert {"summary", "tags"} <= operation.keys(), (method, path)
            for status, answer in operation["responses"].items():
                if status >= "400" and not path.startswith("/health"):
                    assert set(answer["content"]) == {PROBLEM}, (method, path, status)
    login = document["paths"]["/v1/auth/login"]["post"]["responses"]
    told = login["401"]["content"][PROBLEM]["examples"]["invalid-credentials"]["$ref"].rpartition("/")[2]
    assert document["components"]["examples"][told]["value"]["status"] == 401


def test_compressed_junk_is_refused(http: httpx2.Client) -> None:
    """R-API-14: bounded after decompression."""
    bomb = gzip.compress(json.dumps(["x" * 5_000_000]).encode())
    answer = http.post("/v1/tracking/clicks", content=bomb, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/payload-too-large")
