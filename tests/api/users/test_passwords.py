"""New passwords over HTTP, by a code or by the present one."""

from contextlib import closing
from typing import Any

import httpx2
import psycopg

from tests import shop
from tests.api.users.post import Codes, ask
from tests.outbox import told

Database = psycopg.Connection[tuple[Any, ...]]
NEW = "an entirely new password"


def test_a_reset_ends_every_session(shopper: httpx2.Client, api: str, codes: Codes, db: Database) -> None:
    """R-USR-12, E-USR-7, ASVS-6.4.3, ASVS-7.4.3: a check leaves the code as it is, the reset
    uses it up; the old password is none any more.
    """
    mail, user_id = shopper.headers["X-Person"], shopper.get("/users/me").json()["id"]
    with httpx2.Client(base_url=f"{api}/v1", timeout=20) as anybody:
        code = ask(anybody, codes, "password_reset", mail)
        proof = {"email": mail.upper(), "code": code}
        for _ in range(2):
            anybody.post("/auth/otp/verify", json={"type": "password_reset", **proof}).raise_for_status()
        same = anybody.post("/auth/password/reset", json={**proof, "new_password": shop.PASSWORD})
        assert (same.status_code, same.json()["errors"][0]["field"]) == (422, "body.new_password")
        answers = [anybody.post("/auth/password/reset", json={**proof, "new_password": NEW + x}) for x in "ab"]
        assert [answer.status_code for answer in answers] == [204, 422]
        old = {"email": mail, "password": shop.PASSWORD}
        assert anybody.post("/auth/login", json=old).status_code == 401
        anybody.post("/auth/login", json={"email": mail, "password": NEW + "a"}).raise_for_status()
    assert shopper.get("/users/me").json()["type"] == "/problems/token-revoked"
    assert [fact["changed"] for fact in told(db, "user.updated", user_id)] == [["password"]]


def test_a_password_is_changed_by_the_present_one(shopper: httpx2.Client, api: str) -> None:
    """E-USR-7, R-USR-12, ASVS-7.4.3: every session ends, the one that asked too.

    Wrong ones count like failed sign-ins.
    """
    mail = shopper.headers["X-Person"]
    with closing(shop.client_of(api)) as other:
        other.headers["X-Person"] = mail
        shop.sign_in_again(other)
        change = {"current_password": "wrong password", "new_password": NEW}
        refused = shopper.post("/auth/password/reset", json=change)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/invalid-credentials")
        change["current_password"] = shop.PASSWORD
        same = {"current_password": shop.PASSWORD, "new_password": shop.PASSWORD}
        assert shopper.post("/auth/password/reset", json=same).status_code == 422
        assert shopper.post("/auth/password/reset", json=change).status_code == 204
        for session in (shopper, other):
            assert session.get("/users/me").status_code == 401
        other.post("/auth/login", json={"email": mail, "password": NEW}).raise_for_status()


def test_guessing_the_present_password_locks_the_account(shopper: httpx2.Client, db: Database) -> None:
    """R-USR-14: a stolen session finds no password out."""
    change = {"current_password": "wrong password", "new_password": NEW}
    answers = [shopper.post("/auth/password/reset", json=change).status_code for _ in range(11)]
    assert answers == [401] * 10 + [403]
