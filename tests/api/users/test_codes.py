"""One-time codes over HTTP."""

import email
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from redis import Redis

from api.users.wording import worded
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving
from tests.api.users.post import Codes, ask, wrong
from tests.outbox import told

Database = psycopg.Connection[tuple[Any, ...]]
NEW = "an entirely new password"


def phone_of(shopper: httpx2.Client) -> str:
    number = f"+4420794{uuid4().int % 100_000:05}"
    shopper.patch("/users/me", json={"phone": number, "current_password": shop.PASSWORD}).raise_for_status()
    return number


def test_codes_verify_email_and_phone_and_work_once(shopper: httpx2.Client, codes: Codes, db: Database) -> None:
    """R-USR-8, E-USR-5, E-USR-6, ASVS-6.5.1: one fact each; a new address is unverified again."""
    mail, number = shopper.headers["X-Person"], phone_of(shopper)
    for kind, to in (("email", mail), ("phone", number)):
        body = {"type": kind, "code": ask(shopper, codes, kind, to)}
        assert shopper.post("/auth/otp/verify", json=body).raise_for_status().json() == {"verified": True}
        again = shopper.post("/auth/otp/verify", json=body)
        assert (again.status_code, again.json()["type"]) == (422, "/problems/otp-invalid")
    me = shopper.get("/users/me").json()
    assert (me["email_verified"], me["phone_verified"]) == (True, True)
    facts = told(db, "user.updated", me["id"])
    assert [fact["changed"] for fact in facts] == [["phone"], ["email_verified"], ["phone_verified"]]
    assert (
        shopper.patch("/users/me", json={"phone": "+442079469999", "current_password": shop.PASSWORD}).json()[
            "phone_verified"
        ]
        is False
    )


def test_a_code_proves_the_address_it_was_sent_to(shopper: httpx2.Client, codes: Codes) -> None:
    """R-USR-8, ASVS-6.6.2: it says nothing about the address that came after it."""
    code = ask(shopper, codes, "email", shopper.headers["X-Person"])
    shopper.patch(
        "/users/me", json={"email": f"{uuid4()}@example.com", "current_password": shop.PASSWORD}
    ).raise_for_status()
    assert shopper.post("/auth/otp/verify", json={"type": "email", "code": code}).status_code == 422


def test_a_new_code_replaces_the_old_one_of_its_type(shopper: httpx2.Client, codes: Codes, redis_url: str) -> None:
    """R-USR-7, ASVS-6.5.5: hashed, five minutes; the counter of wrong ones lives fifteen."""
    mail, user_id = shopper.headers["X-Person"], shopper.get("/users/me").json()["id"]
    old, new = ask(shopper, codes, "email", mail), ask(shopper, codes, "email", mail)
    other = ask(shopper, codes, "password_reset", mail)
    if old != new:
        refused = shopper.post("/auth/otp/verify", json={"type": "email", "code": old})
        assert refused.json()["attempts_left"] == 4
        with Redis.from_url(redis_url) as redis:
            assert new.encode() not in (redis.get(f"otp:{user_id}:email") or b"")
            assert 0 < redis.ttl(f"otp:{user_id}:email") <= 300
            assert 300 < redis.ttl(f"otp_attempts:{user_id}:email") <= 900
    shopper.post("/auth/otp/verify", json={"type": "email", "code": new}).raise_for_status()
    body = {"type": "password_reset", "email": mail, "code": other}
    shopper.post("/auth/otp/verify", json=body).raise_for_status()


def test_five_wrong_codes_are_enough_also_side_by_side(shopper: httpx2.Client, codes: Codes, redis_url: str) -> None:
    """R-USR-7, ASVS-6.6.3: after them the right code is refused too, a new one as well, until the counter ends."""
    mail, user_id = shopper.headers["X-Person"], shopper.get("/users/me").json()["id"]
    code = ask(shopper, codes, "email", mail)
    body = {"type": "email", "code": wrong(code)}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shopper.post("/auth/otp/verify", json=body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 3
    left = sorted(answer.json()["attempts_left"] for answer in answers if answer.status_code == 422)
    assert left == [0, 1, 2, 3, 4]
    for given in (code, ask(shopper, codes, "email", mail)):
        refused = shopper.post("/auth/otp/verify", json={"type": "email", "code": given})
        assert refused.json()["type"] == "/problems/otp-attempts-exhausted"
        assert 0 < refused.json()["retry_after_s"] == int(refused.headers["retry-after"]) <= 900
    with Redis.from_url(redis_url) as redis:
        redis.delete(f"otp_attempts:{user_id}:email")
    body = {"type": "email", "code": given}
    shopper.post("/auth/otp/verify", json=body).raise_for_status()


def test_an_unknown_email_is_answered_like_a_known_one(shopper: httpx2.Client, api: str, codes: Codes) -> None:
    """E-USR-5, E-USR-6: nothing is sent; wrong codes are counted alike."""
    mail = shopper.headers["X-Person"]
    unknown = f"{uuid4()}@example.com"
    answers = []
    with httpx2.Client(base_url=f"{api}/v1", timeout=20) as anybody:
        code = ask(anybody, codes, "password_reset", mail)
        for name in (mail, unknown):
            asked = {"type": "password_reset", "email": name}
            told_apart = [anybody.post("/auth/otp/send", json=asked)] if name == unknown else []
            told_apart += [anybody.post("/auth/otp/verify", json={**asked, "code": wrong(code)}) for _ in range(3)]
            reset = {"email": name, "code": wrong(code), "new_password": NEW}
            told_apart += [anybody.post("/auth/password/reset", json=reset) for _ in range(3)]
            answers.append([(answer.status_code, answer.json().get("attempts_left")) for answer in told_apart])
    assert answers[1] == [(202, None), *answers[0]]
    assert answers[0] == [(422, left) for left in (4, 3, 2, 1, 0)] + [(429, None)]
    assert codes(unknown) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("otp/send", {"type": "post"}),
        ("otp/send", {"type": "email", "email": "ann@example.com"}),
        ("otp/verify", {"type": "email", "code": "12345"}),
        ("otp/verify", {"type": "email", "code": 123456}),
        ("password/reset", {"current_password": "x", "new_password": "short"}),
        ("password/reset", {"new_password": NEW}),
        ("password/reset", {"email": "ann@example.com", "new_password": NEW}),
        ("password/reset", {"email": "a@example.com", "code": "123456", "current_password": "x", "new_password": NEW}),
    ],
)
def test_what_is_no_request(shopper: httpx2.Client, path: str, body: dict[str, object]) -> None:
    """R-API-3."""
    refused = shopper.post(f"/auth/{path}", json=body)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/validation-failed")


def test_own_addresses_are_proven_signed_in(api: str) -> None:
    """E-USR-5 to 7: anonymous callers reset with an e-mail alone."""
    with httpx2.Client(base_url=f"{api}/v1") as anybody:
        for body in ({"type": "email"}, {"type": "phone"}, {"type": "password_reset"}):
            assert anybody.post("/auth/otp/send", json=body).status_code == 401
            assert anybody.post("/auth/otp/verify", json={**body, "code": "123456"}).status_code == 401
        change = {"current_password": shop.PASSWORD, "new_password": NEW}
        assert anybody.post("/auth/password/reset", json=change).status_code == 401


def test_a_code_is_nowhere_but_in_its_message(
    shopper: httpx2.Client, codes: Codes, db: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    """R-USR-9: in no fact, no row, no log line, no answer."""
    mail = shopper.headers["X-Person"]
    code = ask(shopper, codes, "email", mail)
    for given in (wrong(code), code):
        answer = shopper.post("/auth/otp/verify", json={"type": "email", "code": given})
        assert given not in answer.text.replace(answer.json().get("correlation_id", "-"), "")
    tables = db.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'").fetchall()
    for (table,) in tables:
        found = db.execute(f"SELECT count(*) FROM {table} r WHERE r::text ~ %s", [rf"\m{code}\M"])
        assert found.fetchone() == (0,), table
    lines = db.execute("SELECT convert_from(line, 'utf8') FROM outbox").fetchall()
    assert not any(f'"{code}"' in str(line[0]) or f" {code}" in str(line[0]) for line in lines)
    assert code not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("de-AT", ("Ihr Code", "neues Passwort")),
        ("id", ("Kode Anda", "kata sandi")),
        ("fr", ("Your code", "new password")),
    ],
)
def test_a_code_comes_in_the_readers_language_and_says_what_for(
    shopper: httpx2.Client, codes: Codes, home: Path, locale: str, words: tuple[str, str]
) -> None:
    """R-NOT-3: whoever did not ask for a new password sees that somebody did."""
    shopper.patch("/users/me", json={"locale": locale}).raise_for_status()
    code = ask(shopper, codes, "password_reset", shopper.headers["X-Person"])
    (mail,) = (
        mail
        for path in home.glob("outbox/email/[!.]*.eml")
        if (mail := email.message_from_bytes(path.read_bytes(), policy=default))["To"] == shopper.headers["X-Person"]
    )
    assert mail["Subject"] == words[0]
    assert code in mail.get_content()
    assert words[1] in mail.get_content()
    assert words[1] not in worded("phone", code, locale)[1]


def test_without_redis_codes_are_away(pg: str, tmp_path: Path) -> None:
    """R-USR-10: 503, while registration, sign-in and sign-out go on."""
    with (
        serving(
            kafka_bootstrap=NOBODY_LISTENS, home=tmp_path, rate_limits=False, redis_url="redis://127.0.0.1:9/0"
        ) as api,
        closing(shop.account(api)) as client,
    ):
        code = {"email": client.headers["X-Person"], "code": "123456"}
        answers = [
            client.post("/auth/otp/send", json={"type": "email"}),
            client.post("/auth/otp/verify", json={"type": "email", "code": "123456"}),
            client.post("/auth/password/reset", json={**code, "new_password": NEW}),
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
            assert int(answer.headers["retry-after"]) > 0
        change = {"current_password": shop.PASSWORD, "new_password": NEW}
        assert client.post("/auth/password/reset", json=change).status_code == 204
        assert client.get("/users/me").status_code == 401


def test_three_codes_in_a_quarter_of_an_hour(pg: str, redis_url: str, tmp_path: Path) -> None:
    """R-API-18: counted per user and type."""
    with (
        serving(kafka_bootstrap=NOBODY_LISTENS, home=tmp_path, rate_limits=True) as api,
        closing(shop.account(api)) as client,
    ):
        answers = [client.post("/auth/otp/send", json={"type": "email"}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [202] * 3 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 900
        assert client.post("/auth/otp/send", json={"type": "phone"}).status_code == 202
