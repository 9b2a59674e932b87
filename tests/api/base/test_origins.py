"""Shops whose pages come from elsewhere: which of them a browser lets call the API (R-SEC-5)."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from pydantic import ValidationError

from api.catalog.showcase import Showcase
from api.main import create_app
from api.sellers import queries
from api.settings import Settings
from tests.api.serving import serving

SHOP, ELSEWHERE = "https://shop.example.com", "https://elsewhere.example.com"
ORIGINS = f"{SHOP},http://localhost:3000"
ALLOWED, CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"


@pytest.fixture(scope="module")
def open_api(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """An api that two shops may call."""
    home: Path = tmp_path_factory.mktemp("home")
    changed = {"rate_limits": True, "kafka_bootstrap": "127.0.0.1:9", "home": home, "api_cors_origins": ORIGINS}
    with serving(**changed) as address, closing(httpx2.Client(base_url=f"{address}/v1", timeout=20)) as client:
        yield client


def asked(client: httpx2.Client, origin: str) -> httpx2.Response:
    """What a browser asks before a page of the origin places an order."""
    wanted = "authorization,content-type,idempotency-key,x-request-id,x-session-id,traceparent"
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": wanted}
    return client.options("/checkout", headers=headers)


@pytest.mark.parametrize("origin", ORIGINS.split(","))
def test_a_shop_elsewhere_may_call(open_api: httpx2.Client, origin: str) -> None:
    """With the headers that calls take; tokens go in one of them, so cookies are never asked for."""
    before = asked(open_api, origin)
    assert (before.status_code, before.headers[ALLOWED], CREDENTIALS in before.headers) == (200, origin, False)
    assert {"PUT", "PATCH", "DELETE"} <= set(before.headers["access-control-allow-methods"].split(", "))
    for path, status in (("/products", 200), ("/cart", 401), ("/nothing", 404)):
        answer = open_api.get(path, headers={"Origin": origin})
        assert (answer.status_code, answer.headers[ALLOWED]) == (status, origin), path
        assert (answer.headers["vary"], CREDENTIALS in answer.headers) == ("Origin", False)
        told = answer.headers["access-control-expose-headers"].lower().split(", ")
        assert {"x-request-id", "retry-after", "idempotent-replayed", "ratelimit-remaining"} <= set(told)


@pytest.mark.parametrize(("of", "reads", "path"), [(Showcase, "page", "products"), (queries, "one", "sellers")])
def test_it_reads_that_a_call_crashed(  # noqa: PLR0917 - fixtures
    open_api: httpx2.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    of: object,
    reads: str,
    path: str,
) -> None:
    """R-API-8, R-API-13, R-SEC-3: a page is shown no answer without its origin; the error's text is in no log."""

    async def crash(*_: object) -> None:
        raise ValueError("nobody foresaw it")

    monkeypatch.setattr(of, reads, crash)
    answer = open_api.get(f"/{path}/{uuid4()}", headers={"Origin": SHOP, "X-Request-ID": "asked-by-a-page"})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert answer.headers.get(ALLOWED) == SHOP
    assert (answer.headers["x-request-id"], answer.json()["correlation_id"]) == ("asked-by-a-page",) * 2
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "nobody foresaw it" not in caplog.text


def test_no_other_page_may(open_api: httpx2.Client) -> None:
    """The browser keeps an answer from it that names no origin."""
    assert asked(open_api, ELSEWHERE).status_code == 400
    answer = open_api.get("/products", headers={"Origin": ELSEWHERE})
    assert (answer.status_code, ALLOWED in answer.headers) == (200, False)


def test_nobody_may_by_default(api: str, pg: str) -> None:
    """And no call goes through what would look for it."""
    answer = httpx2.get(f"{api}/v1/products", headers={"Origin": SHOP})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    app = create_app(Settings())  # type: ignore[call-arg] # read from the environment
    assert not [each for each in app.user_middleware if "CORS" in repr(each)]


@pytest.mark.parametrize(
    "origins", ["*", f"{SHOP},*", "shop.example.com", f"{SHOP}/", f"{SHOP}/cart", "null", f"{SHOP},"]
)
def test_what_is_no_origin_stops_the_start(pg: str, origins: str) -> None:
    """Each is named as browsers name it; not all of the world is."""
    with pytest.raises(ValidationError, match="api_cors_origins"):
        Settings(api_cors_origins=origins)  # type: ignore[call-arg] # the rest is read from the environment
