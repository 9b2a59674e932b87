"""A second factor: turned on, asked for at sign-in, proven once by each code, taken away."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests import shop
from tests.api.users.app import App, challenge, kind, password, prove
from tests.api.users.post import Codes, ask, wrong
from tests.outbox import told

Database = psycopg.Connection[tuple[Any, ...]]
PATH = "/users/me/second-factor"
RIGHT = {"password": shop.PASSWORD}
INVALID, REVOKED = (401, "second-factor-invalid"), (401, "token-revoked")


@pytest.fixture
def app(shopper: httpx2.Client) -> App:
    """The shopper's app; the second factor is on."""
    return App(shopper)


def again(db: Database, client: httpx2.Client) -> None:
    """As if the last code had been used long ago."""
    mine = "(SELECT id FROM users WHERE email = %s)"
    db.execute(f"UPDATE second_factors SET last_step = 1 WHERE user_id = {mine}", [client.headers["X-Person"]])


def test_it_is_begun_with_the_password_and_on_with_a_code(shopper: httpx2.Client, db: Database) -> None:
    """ASVS-6.3.3, ASVS-6.5.3, ASVS-7.5.1: until then the password alone signs in; what was begun can be begun anew."""
    assert shopper.get(PATH).json() == {"enabled": False, "since": None, "recovery_codes_left": 0}
    assert kind(shopper.post(PATH, json={"password": "wrong password"})) == (401, "invalid-credentials")
    assert shopper.post(PATH, json={}).json()["errors"][0]["field"] == "body.password"
    assert kind(shopper.post(f"{PATH}/confirm", json={"code": "123456"}))[1] == "second-factor-state"
    first, second = (shopper.post(PATH, json=RIGHT).raise_for_status().json() for _ in range(2))
    assert first["secret"] != second["secret"]
    assert re.fullmatch("[A-Z2-7]{32}", second["secret"])
    address = urlsplit(second["otpauth_uri"])
    query = parse_qs(address.query)
    assert (address.scheme, query["secret"], query["issuer"]) == ("otpauth", [second["secret"]], ["Atlantic"])
    assert password(shopper).status_code == 200
    app = App(shopper)
    assert kind(password(shopper)) == (401, "second-factor-needed")
    assert kind(shopper.post(PATH, json=RIGHT)) == (409, "second-factor-state")
    assert kind(shopper.post(f"{PATH}/confirm", json={"code": app.code(1)})) == (409, "second-factor-state")
    state = shopper.get(PATH).json()
    assert (state["enabled"], state["recovery_codes_left"]) == (True, 10)
    me = shopper.get("/users/me").json()
    assert me["second_factor"] is True
    assert [fact["changed"] for fact in told(db, "user.updated", me["id"])] == [["second_factor_on"]]


def test_a_code_opens_the_session_once(shopper: httpx2.Client, app: App, db: Database) -> None:
    """ASVS-6.3.3, ASVS-6.5.1: neither the code that turned it on, nor an older one, nor a challenge serves twice."""
    given = challenge(shopper)
    assert kind(prove(shopper, given, code=app.code())) == INVALID
    code = app.code(1)
    opened = prove(shopper, given, code=code).raise_for_status().json()
    assert opened["user"]["second_factor"] is True
    assert shopper.get("/users/me", headers={"Authorization": f"Bearer {opened['access_token']}"}).status_code == 200
    assert [kind(prove(shopper, code=each)) for each in (code, app.code(0))] == [INVALID] * 2
    again(db, shopper)
    assert kind(prove(shopper, given, code=app.code())) == REVOKED
    assert prove(shopper, code=app.code()).status_code == 200


def test_a_code_sent_many_times_at_once_counts_once(shopper: httpx2.Client, app: App) -> None:
    """ASVS-6.5.1."""
    challenges, code = [challenge(shopper) for _ in range(4)], app.code(1)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda given: prove(shopper, given, code=code).status_code, challenges))
    assert sorted(answers) == [200, 401, 401, 401]


def test_codes_of_other_times_do_not_count(shopper: httpx2.Client, app: App, db: Database) -> None:
    """ASVS-6.5.5, ASVS-6.5.8: thirty seconds of the server's clock, with one step of grace to either side."""
    again(db, shopper)
    for ahead in (-3, 3):
        assert kind(prove(shopper, code=app.code(ahead))) == INVALID
    assert prove(shopper, code=app.code(1)).status_code == 200


def test_each_recovery_code_opens_one_session(shopper: httpx2.Client, app: App, db: Database) -> None:
    """ASVS-6.4.4, ASVS-6.5.1, ASVS-6.5.2, ASVS-6.5.4: 120 bits each, kept as a hash; however they are typed."""
    codes = app.recovery_codes
    assert (len(codes), len(set(codes))) == (10, 10)
    assert all(re.fullmatch("[a-z2-7]{4}(-[a-z2-7]{4}){5}", code) for code in codes)
    assert prove(shopper, recovery_code=codes[0]).status_code == 200
    assert kind(prove(shopper, recovery_code=codes[0])) == INVALID
    assert prove(shopper, recovery_code=codes[1].replace("-", "").upper()).status_code == 200
    assert shopper.get(PATH).json()["recovery_codes_left"] == 8
    facts = told(db, "user.updated", shopper.get("/users/me").json()["id"])
    assert [fact["changed"] for fact in facts] == [["second_factor_on"], ["recovery_codes"], ["recovery_codes"]]
    fresh = shopper.post(f"{PATH}/recovery-codes", json={**RIGHT, "code": app.code(1)}).raise_for_status().json()
    assert not set(fresh["recovery_codes"]) & set(codes)
    assert kind(prove(shopper, recovery_code=codes[2])) == INVALID
    assert prove(shopper, recovery_code=fresh["recovery_codes"][0]).status_code == 200


def test_wrong_codes_lock_the_account_as_wrong_passwords_do(shopper: httpx2.Client, app: App, db: Database) -> None:
    """ASVS-6.3.1, ASVS-6.6.3, R-USR-14: together ten, side by side too; the right ones are refused then."""
    mail, given = shopper.headers["X-Person"], challenge(shopper)
    for _ in range(4):
        shopper.post("/auth/login", json={"email": mail, "password": "wrong password"})
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: kind(prove(shopper, given, code=wrong(app.code()))), range(8)))
    assert sorted(answers) == [INVALID] * 6 + [(403, "account-disabled")] * 2
    for code in ({"code": app.code(1)}, {"recovery_code": app.recovery_codes[0]}):
        assert kind(prove(shopper, given, **code)) == (403, "account-disabled")
    assert kind(shopper.request("DELETE", PATH, json={**RIGHT, "code": app.code(1)})) == (403, "account-disabled")
    db.execute("UPDATE credentials SET locked_until = now() WHERE email = %s", [mail])
    assert prove(shopper, given, code=app.code(1)).status_code == 200


def test_a_challenge_is_its_accounts_alone(shopper: httpx2.Client, app: App, api: str) -> None:
    """ASVS-6.6.2: with a code of somebody else's app it opens nobody's session."""
    with closing(shop.account(api)) as other:
        theirs = App(other)
        for given, code in ((challenge(other), app.code(1)), (challenge(shopper), theirs.code(1))):
            assert kind(prove(shopper, given, code=code)) == INVALID
        for given, spare in ((challenge(other), app), (challenge(shopper), theirs)):
            assert kind(prove(shopper, given, recovery_code=spare.recovery_codes[0])) == INVALID


@pytest.mark.parametrize(
    "body",
    [{}, {"challenge": "x"}, {"challenge": "x", "code": "12345"}, {"challenge": "x", "recovery_code": "abcd"},
     {"challenge": "x", "code": "123456", "recovery_code": "abcd-abcd-abcd-abcd-abcd-abcd"}],
)  # fmt: skip
def test_what_is_no_second_step(shopper: httpx2.Client, body: dict[str, str]) -> None:
    """R-API-3."""
    assert kind(shopper.post("/auth/second-factor", json=body)) == (422, "validation-failed")


def test_turning_it_on_and_off_ends_the_other_sessions(shopper: httpx2.Client, api: str, db: Database) -> None:
    """ASVS-6.5.6, ASVS-7.4.3: the one that asked goes on; off takes password and code."""
    with closing(shop.client_of(api)) as other:
        other.headers["X-Person"] = shopper.headers["X-Person"]
        shop.sign_in_again(other)
        app = App(shopper)
        assert other.get("/users/me").status_code == 401
        opened = prove(other, code=app.code(1)).raise_for_status().json()
        other.headers["Authorization"] = f"Bearer {opened['access_token']}"
        again(db, shopper)
        for body in ({"password": "wrong password", "code": app.code()}, {**RIGHT, "code": wrong(app.code())}):
            assert shopper.request("DELETE", PATH, json=body).status_code == 401
        assert shopper.request("DELETE", PATH, json={**RIGHT, "code": app.code()}).status_code == 204
        assert other.get("/users/me").status_code == 401
    assert shopper.get("/users/me").json()["second_factor"] is False
    assert kind(shopper.request("DELETE", PATH, json={**RIGHT, "code": app.code(1)})) == (409, "second-factor-state")
    assert password(shopper).status_code == 200
    facts = told(db, "user.updated", shopper.get("/users/me").json()["id"])
    assert [fact["changed"] for fact in facts] == [["second_factor_on"], ["second_factor_off"]]


def test_a_new_password_neither_takes_it_off_nor_leaves_a_challenge(
    shopper: httpx2.Client, app: App, codes: Codes
) -> None:
    """ASVS-6.4.3, ASVS-6.3.4: what comes by e-mail is one factor, not both."""
    given, mail, new = challenge(shopper), shopper.headers["X-Person"], f"kelp orbit {uuid4()}"
    body = {"email": mail, "code": ask(shopper, codes, "password_reset", mail), "new_password": new}
    assert shopper.post("/auth/password/reset", json=body).status_code == 204
    assert kind(prove(shopper, given, code=app.code(1))) == REVOKED
    needed = shopper.post("/auth/login", json={"email": mail, "password": new})
    assert kind(needed) == (401, "second-factor-needed")
    assert prove(shopper, needed.json()["challenge"], code=app.code(1)).status_code == 200


def test_an_admin_takes_a_lost_one_away(
    shopper: httpx2.Client, app: App, admin: httpx2.Client, operator: httpx2.Client, db: Database
) -> None:
    """ASVS-6.4.4, ASVS-6.5.6, R-SEC-7: sessions end, the owner is told, the trail keeps it; the own takes a code."""
    user_id = shopper.get("/users/me").json()["id"]
    path = f"/users/{user_id}/second-factor"
    given = challenge(shopper)
    assert [client.delete(path).status_code for client in (shopper, operator)] == [403, 403]
    assert admin.delete(f"/users/{uuid4()}/second-factor").status_code == 404
    own = admin.get("/users/me").json()["id"]
    assert admin.delete(f"/users/{own}/second-factor").status_code == 403
    assert [admin.delete(path).status_code for _ in range(2)] == [204, 404]
    assert shopper.get("/users/me").status_code == 401
    assert kind(prove(shopper, given, code=app.code(1))) == REVOKED
    shop.sign_in_again(shopper)
    noted = db.execute("SELECT action, actor_id::text FROM audit_trail WHERE object_id = %s", [user_id]).fetchall()
    assert noted == [("remove_user_second_factor", own)]
    assert told(db, "user.updated", user_id)[-1]["changed"] == ["second_factor_off"]


def test_nothing_of_it_can_be_read_where_it_is_kept(
    shopper: httpx2.Client, app: App, db: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    """ASVS-6.5.2, R-USR-9: the secret is encrypted, recovery codes are hashed; neither is in a fact or log line."""
    prove(shopper, code=app.code(1)).raise_for_status()
    words = [app.secret, *app.recovery_codes, *(code.replace("-", "") for code in app.recovery_codes)]
    tables = db.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'").fetchall()
    for (table,) in tables:
        for (row,) in db.execute(f"SELECT r::text FROM {table} r"):
            assert not any(word in str(row) or word.encode().hex() in str(row) for word in words), table
    said = capfd.readouterr()
    assert not any(word in said.out + said.err for word in words)


def test_erasure_takes_it_along(shopper: httpx2.Client, app: App, db: Database) -> None:
    """R-USR-15."""
    user_id = shopper.get("/users/me").json()["id"]
    assert shopper.request("DELETE", "/users/me", json=RIGHT).status_code == 202
    for table in ("second_factors", "recovery_codes"):
        assert db.execute(f"SELECT count(*) FROM {table} WHERE user_id = %s", [user_id]).fetchone() == (0,)
