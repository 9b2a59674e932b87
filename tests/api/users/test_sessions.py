"""Registration, sign-in, rotation, sign-out and lockout over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from redis import Redis

from tests import shop
from tests.shop import PASSWORD

Database = psycopg.Connection[tuple[Any, ...]]
DAY_S = 86_400


def person(**changed: object) -> dict[str, object]:
    filled = {"email": f"{uuid4()}@example.com", "password": PASSWORD, "first_name": "Ann", "last_name": "Lee"}
    return {**filled, "phone": "+442079460000", **changed}


@pytest.fixture
def http(api: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{api}/v1", timeout=20) as client:
        yield client


def register(http: httpx2.Client, **changed: object) -> dict[str, Any]:
    answer: dict[str, Any] = http.post("/auth/register", json=person(**changed)).raise_for_status().json()
    return answer


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_an_email_is_one_account_whatever_its_case(http: httpx2.Client) -> None:
    """R-USR-2."""
    name = f"Mixed.{uuid4()}@Example.com"
    register(http, email=name)
    again = http.post("/auth/register", json=person(email=name.upper()))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/email-taken")
    assert http.post("/auth/login", json={"email": name.upper(), "password": PASSWORD}).status_code == 200


def test_two_registrations_at_once_give_one_account(http: httpx2.Client) -> None:
    """R-USR-2."""
    body = person()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: http.post("/auth/register", json=body).status_code, range(2)))
    assert sorted(answers) == [201, 409]


def test_registration_writes_one_fact_without_personal_data(http: httpx2.Client, db: Database) -> None:
    """R-USR-1, R-EVT-8."""
    user = register(http)["user"]
    lines = db.execute(
        "SELECT convert_from(line, 'utf8') FROM outbox WHERE topic = 'users' AND line LIKE %s",
        [f"%{user['id']}%".encode()],
    ).fetchall()
    assert len(lines) == 1
    assert '"user.created"' in str(lines[0][0])
    assert not any(secret in str(lines[0][0]) for secret in (user["email"], "Ann", "+4420"))


def test_unknown_name_and_wrong_password_are_answered_alike(http: httpx2.Client) -> None:
    """E-USR-2."""
    known = register(http)["user"]["email"]
    answers = [
        http.post("/auth/login", json={"email": name, "password": "wrong password"}).json()
        for name in (known, f"{uuid4()}@example.com")
    ]
    assert [answer.pop("correlation_id") is not None for answer in answers] == [True, True]
    assert answers[0] == answers[1]


def test_a_refresh_token_works_once_and_its_reuse_ends_the_family(http: httpx2.Client) -> None:
    """R-USR-5."""
    first = register(http)
    second = http.post("/auth/refresh", json={"refresh_token": first["refresh_token"]}).raise_for_status().json()
    assert http.get("/users/me", headers=bearer(second["access_token"])).status_code == 200
    assert http.post("/auth/refresh", json={"refresh_token": first["refresh_token"]}).status_code == 401
    assert http.get("/users/me", headers=bearer(second["access_token"])).json()["type"] == "/problems/token-revoked"
    assert http.post("/auth/refresh", json={"refresh_token": second["refresh_token"]}).status_code == 401


def test_sign_out_ends_the_access_token_and_may_be_repeated(http: httpx2.Client) -> None:
    """R-USR-6, E-USR-3, ASVS-7.4.1."""
    session = register(http)
    other = http.post("/auth/login", json={"email": session["user"]["email"], "password": PASSWORD}).json()
    assert http.post("/auth/logout", headers=bearer(session["access_token"])).status_code == 204
    assert http.get("/users/me", headers=bearer(session["access_token"])).status_code == 401
    assert http.post("/auth/logout", headers=bearer(session["access_token"])).status_code == 204
    assert http.post("/auth/refresh", json={"refresh_token": session["refresh_token"]}).status_code == 401
    assert http.get("/users/me", headers=bearer(other["access_token"])).status_code == 200


def test_all_sessions_end_at_once(http: httpx2.Client) -> None:
    """E-USR-3 with all_sessions."""
    session = register(http)
    other = http.post("/auth/login", json={"email": session["user"]["email"], "password": PASSWORD}).json()
    http.post("/auth/logout", headers=bearer(session["access_token"]), json={"all_sessions": True})
    assert http.get("/users/me", headers=bearer(other["access_token"])).status_code == 401


def test_ten_failures_lock_the_account(http: httpx2.Client, db: Database) -> None:
    """R-USR-14, ASVS-6.3.1."""
    email = register(http)["user"]["email"]
    for _ in range(10):
        assert http.post("/auth/login", json={"email": email, "password": "wrong password"}).status_code == 401
    locked = http.post("/auth/login", json={"email": email, "password": PASSWORD})
    assert (locked.status_code, locked.json()["current_status"]) == (403, "locked")
    db.execute("UPDATE credentials SET locked_until = now() WHERE email = %s", [email])
    assert http.post("/auth/login", json={"email": email, "password": PASSWORD}).status_code == 200


def guess(http: httpx2.Client, email: str, times: int = 10) -> list[int]:
    body = {"email": email, "password": "wrong password"}
    return [http.post("/auth/login", json=body).status_code for _ in range(times)]


def test_a_lock_that_is_over_can_come_again(http: httpx2.Client, db: Database) -> None:
    """R-USR-14: every ten failures lock, not only the first ten; the count begins anew after a lock."""
    email = register(http)["user"]["email"]
    for _ in range(2):
        assert guess(http, email) == [401] * 10
        assert guess(http, email, 1) == [403]
        db.execute("UPDATE credentials SET locked_until = now() WHERE email = %s", [email])


def test_a_lock_holds_a_session_up_only_while_it_lasts(http: httpx2.Client, db: Database) -> None:
    """R-USR-14: locked, then active again by time alone; a stranger's guesses end nobody's session."""
    session = register(http)
    email, token = session["user"]["email"], {"refresh_token": session["refresh_token"]}
    guess(http, email)
    refused = http.post("/auth/refresh", json=token)
    assert (refused.status_code, refused.json()["current_status"]) == (403, "locked")
    db.execute("UPDATE credentials SET locked_until = now() WHERE email = %s", [email])
    renewed = http.post("/auth/refresh", json=token).raise_for_status().json()
    db.execute("UPDATE credentials SET status = 'disabled' WHERE email = %s", [email])
    refused = http.post("/auth/refresh", json={"refresh_token": renewed["refresh_token"]})
    assert (refused.status_code, refused.json()["current_status"]) == (403, "disabled")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_forged_token_is_nobody(http: httpx2.Client, token: str) -> None:
    """R-USR-3."""
    assert http.get("/users/me", headers=bearer(token)).json()["type"] == "/problems/unauthenticated"


def test_a_session_lives_a_week_its_refresh_token_a_month(http: httpx2.Client, db: Database, redis_url: str) -> None:
    """R-USR-4: from the last sign-in or refresh; a refresh makes the copy of the session anew."""
    session = register(http)
    user_id = session["user"]["id"]
    with Redis.from_url(redis_url) as redis:
        assert 7 * DAY_S - 60 < int(redis.ttl(f"session:{user_id}")) <= 7 * DAY_S
        redis.delete(f"session:{user_id}")
        http.post("/auth/refresh", json={"refresh_token": session["refresh_token"]}).raise_for_status()
        assert 7 * DAY_S - 60 < int(redis.ttl(f"session:{user_id}")) <= 7 * DAY_S
    rows = db.execute(
        "SELECT token_id, extract(epoch FROM expires_at - created_at)::int FROM refresh_tokens WHERE user_id = %s",
        [user_id],
    ).fetchall()
    assert len(rows) == 2
    assert all(abs(life - 30 * DAY_S) <= 1 for _, life in rows)


@pytest.mark.parametrize("domain", ["xn--bcher-kva.example", "bücher.example", "BÜCHER.example", "\uff42ücher.example"])
def test_an_address_signs_in_however_it_was_and_is_written(api: str, domain: str) -> None:
    """R-USR-2: one address, whichever alphabet its domain is written in; it was taken, and let nobody in."""
    name = uuid4().hex
    person = {"first_name": "Ayu", "last_name": "Lestari", "phone": "+6281234567890", "password": shop.PASSWORD}
    client = shop.client_of(api)
    made = client.post("/auth/register", json={**person, "email": f"{name}@{domain}"}).raise_for_status().json()
    assert made["user"]["email"] == f"{name}@bücher.example"
    for written in ("xn--bcher-kva.example", "bücher.example", "Bücher.Example"):
        given = {"email": f"{name.upper()}@{written}", "password": shop.PASSWORD}
        assert client.post("/auth/login", json=given).raise_for_status().json()["user"]["id"] == made["user"]["id"]
    for nobody in (name, f"{name}@", "@", "x" * 255):
        assert client.post("/auth/login", json={"email": nobody, "password": shop.PASSWORD}).status_code == 401


def test_spaces_around_what_was_pasted_are_no_part_of_it(api: str) -> None:
    """Requirements 1.2: texts are trimmed; signing in took such an address, registering and codes did not."""
    client, name = shop.client_of(api), uuid4().hex[:12]
    person = {"first_name": "Ayu", "last_name": "Lestari", "phone": " +6281234567890 ", "password": shop.PASSWORD}
    pasted = {**person, "email": f" {name}@example.com\t", "username": f"{name} "}
    made = client.post("/auth/register", json=pasted).raise_for_status().json()["user"]
    assert (made["email"], made["username"], made["phone"]) == (f"{name}@example.com", name, "+6281234567890")
    wanted = {"type": "password_reset", "email": f"{name}@example.com "}
    assert client.post("/auth/otp/send", json=wanted).status_code == 202
