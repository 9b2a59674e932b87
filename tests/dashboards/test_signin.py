"""The way in: tokens stand in cookies that scripts cannot read, are renewed once for all tabs, and end everywhere."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboards import current, signin
from dashboards.sessions import CodeRefusedError, RefusedError, Sessions, Tokens
from dashboards.settings import dashboard_settings
from tests.dashboards.conftest import Token

Answer = Callable[[httpx2.Request], httpx2.Response]


def sessions(answer: Answer) -> Sessions:
    """Sessions whose api answers as the test says."""
    transport = httpx2.MockTransport(answer)
    return Sessions(dashboard_settings(), httpx2.Client(base_url="http://api", transport=transport))


def pair(access: str, refresh: str) -> httpx2.Response:
    return httpx2.Response(200, json={"access_token": access, "refresh_token": refresh})


def refused(status: int, **problem: Any) -> Answer:
    return lambda _: httpx2.Response(status, content=orjson.dumps(problem), headers={"retry-after": "41"})


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, token: Token) -> Callable[[Answer], TestClient]:
    """The routes and the gate before a page that says which path it is."""

    def built(answer: Answer) -> TestClient:
        held = sessions(answer)
        monkeypatch.setattr(signin, "sessions", lambda: held)
        page = Route("/{path:path}", lambda request: PlainTextResponse(f"page {request.url.path}"))
        app = Starlette(routes=[*signin.ROUTES, page], middleware=[Middleware(signin.Gate)])
        return TestClient(app, base_url="http://dashboards", follow_redirects=False)

    return built


def test_signing_in_leads_to_the_page_that_was_asked_for(site: Callable[[Answer], TestClient], token: Token) -> None:
    """R-ANA-14; the cookies cannot be read by scripts or sent by other sites."""
    client = site(lambda _: pair(token(uuid.uuid4()), "r1"))
    asked = client.get("/sales?period=7+days")
    assert (asked.status_code, asked.headers["location"]) == (303, "/signin?next=%2Fsales%3Fperiod%3D7%2Bdays")
    form = {"name": "ann@example.com", "password": "secret123", "next": "/sales?period=7+days"}
    entered = client.post("/signin", data=form)
    assert (entered.status_code, entered.headers["location"]) == (303, "/sales?period=7+days")
    for cookie in entered.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    assert client.get("/sales").text == "page /sales"
    assert client.get("/").headers["location"] == "/today"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_other_site_is_led_to(site: Callable[[Answer], TestClient], token: Token, target: str) -> None:
    """An open redirect would lend our name to others."""
    client = site(lambda _: pair(token(uuid.uuid4()), "r1"))
    entered = client.post("/signin", data={"name": "a@b.example", "password": "x", "next": target})
    assert entered.headers["location"] == "/"


def test_a_refusal_is_said_in_words(site: Callable[[Answer], TestClient]) -> None:
    """Nothing of the api's answer stands raw on the page, and what was typed is escaped."""
    client = site(refused(401, title="x"))
    answer = client.post("/signin", data={"name": '"><script>', "password": "x", "next": "/"})
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert "<script>" not in answer.text
    with pytest.raises(RefusedError, match="Wait 41 seconds"):
        sessions(refused(429)).sign_in("ann@example.com", "x", "127.0.0.1")
    with pytest.raises(RefusedError, match="does not answer"):
        sessions(refused(503)).sign_in("ann@example.com", "x", "127.0.0.1")


def test_an_account_with_a_second_factor_is_asked_for_its_code(
    site: Callable[[Answer], TestClient], token: Token
) -> None:
    """ASVS-6.3.3, R-ANA-14: on a second form, again after a wrong one; a recovery code serves as well."""
    asked: list[tuple[str, dict[str, str]]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append((request.url.path, orjson.loads(request.content)))
        if request.url.path == "/v1/auth/login":
            return refused(401, type="/problems/second-factor-needed", challenge='a.b"c')(request)
        wrong = asked[-1][1].get("code") == "111111"
        return (
            refused(401, type="/problems/second-factor-invalid")(request) if wrong else pair(token(uuid.uuid4()), "r1")
        )

    client = site(answer)
    form = client.post("/signin", data={"name": "ann@example.com", "password": "secret123", "next": "/sales"})
    assert (form.status_code, "set-cookie" in form.headers) == (200, False)
    assert 'name="challenge" value="a.b&quot;c"' in form.text
    assert 'autocomplete="one-time-code"' in form.text
    assert "password" not in form.text
    step = {"challenge": 'a.b"c', "next": "/sales"}
    again = client.post("/signin", data={**step, "code": "111 111"})
    assert (again.status_code, "This code is wrong" in again.text, 'name="code"' in again.text) == (401, True, True)
    for code in ("222222", "k3vq-7rma"):
        entered = client.post("/signin", data={**step, "code": code})
        assert (entered.status_code, entered.headers["location"]) == (303, "/sales")
    given = [{**body} for path, body in asked if path == "/v1/auth/second-factor"]
    assert [(each.get("code"), each.get("recovery_code")) for each in given] == [
        ("111111", None),
        ("222222", None),
        (None, "k3vq-7rma"),
    ]


def test_what_became_of_a_second_step_is_said_in_words(site: Callable[[Answer], TestClient]) -> None:
    """A challenge that ran out leads back to the first form; one typed wrong stays on the second."""
    late = site(refused(401, type="/problems/token-revoked")).post("/signin", data={"challenge": "c", "code": "1"})
    assert (late.status_code, "took too long" in late.text, 'name="password"' in late.text) == (401, True, True)
    for said in (
        refused(422, type="/problems/validation-failed"),
        refused(401, type="/problems/second-factor-invalid"),
    ):
        with pytest.raises(CodeRefusedError):
            sessions(said).prove("c", "123", "127.0.0.1")
    with pytest.raises(RefusedError, match="Wait 41 seconds"):
        sessions(refused(429)).prove("c", "123456", "127.0.0.1")


def test_an_operator_without_a_demanded_second_factor_is_told(token: Token) -> None:
    """The token holds no role of theirs; a seller who is operator too sees the own shop."""
    person = {"roles": ["shopper", "operator"]}

    def answer(access: str) -> Answer:
        return lambda _: httpx2.Response(200, json={"access_token": access, "refresh_token": "r1", "user": person})

    with pytest.raises(RefusedError, match="second factor"):
        sessions(answer(token(None, "shopper"))).sign_in("ann@example.com", "x", "127.0.0.1")
    for access in (token(None, "operator"), token(uuid.uuid4(), "seller")):
        assert sessions(answer(access)).sign_in("ann@example.com", "x", "127.0.0.1").access == access


def test_all_tabs_share_one_renewal(token: Token) -> None:
    """A refresh token works once: a second use would end the session everywhere (E-USR-4)."""
    fresh, asked = token(uuid.uuid4()), []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(orjson.loads(request.content)["refresh_token"])
        return pair(fresh, "r2")

    held, old = sessions(answer), Tokens(token(uuid.uuid4(), minutes=-1), "r1")
    for _ in range(3):
        found = held.current(old)
        assert found
        assert found[1] == Tokens(fresh, "r2")
    assert asked == ["r1"]


def test_signing_out_ends_every_tab(token: Token) -> None:
    """Also the one that still holds older tokens, and when the api does not answer."""
    held, tokens = sessions(refused(503)), Tokens(token(uuid.uuid4()), "r1")
    assert held.current(tokens)
    held.sign_out(tokens)
    assert held.current(tokens) is None


def test_a_forged_token_is_no_session(token: Token) -> None:
    """Not even by way of a refresh that the api refuses."""
    forged = token(uuid.uuid4(), "operator", key=OKPKey.generate_key("Ed25519"))
    assert sessions(refused(401)).current(Tokens(forged, "guess")) is None


def test_newer_tokens_go_out_with_the_page(site: Callable[[Answer], TestClient], token: Token) -> None:
    """The browser's cookies follow the session."""
    fresh = token(uuid.uuid4())
    client = site(lambda _: pair(fresh, "r2"))
    settings = dashboard_settings()
    client.cookies.set(settings.access_cookie, token(uuid.uuid4(), minutes=-1))
    client.cookies.set(settings.refresh_cookie, "r1")
    answer = client.get("/sales")
    assert answer.text == "page /sales"
    assert any(fresh in cookie for cookie in answer.headers.get_list("set-cookie"))


def test_the_process_keeps_its_settings(env: dict[str, str]) -> None:
    """One session table a process; the key is the public one."""
    assert current.sessions() is current.sessions()
    assert "d" not in orjson.loads(dashboard_settings().jwt_public_key)
