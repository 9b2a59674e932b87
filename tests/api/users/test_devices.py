"""Where an account is signed in, how long that lasts, and what takes the password again."""

from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from api import ids
from tests import shop

Database = psycopg.Connection[tuple[Any, ...]]
RIGHT = {"password": shop.PASSWORD}


@pytest.fixture
def other(api: str, shopper: httpx2.Client) -> Any:
    """The same account, signed in elsewhere."""
    with closing(shop.client_of(api)) as client:
        client.headers["X-Person"] = shopper.headers["X-Person"]
        shop.sign_in_again(client)
        yield client


def sessions(client: httpx2.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/users/me/sessions").raise_for_status().json()["items"]
    return items


def test_a_user_sees_the_own_sessions_and_ends_one(shopper: httpx2.Client, other: httpx2.Client, api: str) -> None:
    """ASVS-7.5.2: with the password; a foreign one is not there, an ended one neither."""
    newest, first = sessions(shopper)
    assert ([newest["current"], first["current"]], newest["last_used_at"] > first["began_at"]) == ([False, True], True)
    path = f"/users/me/sessions/{newest['id']}"
    assert shopper.request("DELETE", path, json={}).json()["errors"][0]["field"] == "body.password"
    assert shopper.request("DELETE", path, json={"password": "wrong password"}).status_code == 401
    with closing(shop.account(api)) as stranger:
        assert stranger.request("DELETE", path, json=RIGHT).status_code == 404
    assert other.get("/users/me").status_code == 200
    assert shopper.request("DELETE", path, json=RIGHT).status_code == 204
    assert other.get("/users/me").json()["type"] == "/problems/token-revoked"
    assert [each["id"] for each in sessions(shopper)] == [first["id"]]
    assert shopper.request("DELETE", path, json=RIGHT).status_code == 404


def test_an_admin_signs_an_account_out(shopper: httpx2.Client, other: httpx2.Client, api: str, db: Database) -> None:
    """ASVS-7.4.5: everywhere; an operator may not, and nobody's account is not there."""
    user_id = shopper.get("/users/me").json()["id"]
    with closing(shop.account(api)) as admin:
        for roles, status in (("{shopper,operator}", 403), ("{shopper,admin}", 204)):
            db.execute("UPDATE users SET roles = %s WHERE email = %s", [roles, admin.headers["X-Person"]])
            shop.sign_in_again(admin)
            assert admin.delete(f"/users/{user_id}/sessions").status_code == status
        assert admin.delete(f"/users/{uuid4()}/sessions").status_code == 404
        db.execute("UPDATE users SET roles = '{shopper}' WHERE email = %s", [admin.headers["X-Person"]])
    assert [client.get("/users/me").status_code for client in (shopper, other)] == [401, 401]
    shop.sign_in_again(shopper)
    assert len(sessions(shopper)) == 1


@pytest.mark.parametrize("change", [{"email": "{}@example.com"}, {"phone": "+442079461234"}])
def test_what_proves_the_owner_takes_the_password(shopper: httpx2.Client, change: dict[str, str]) -> None:
    """ASVS-7.5.1: whoever has taken a session must not take the account; by both paths, wrong ones count."""
    me = shopper.get("/users/me").json()
    wanted = {name: value.format(uuid4()) for name, value in change.items()}
    for path in ("/users/me", f"/users/{me['id']}"):
        refused = shopper.patch(path, json=wanted)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.current_password")
        assert shopper.patch(path, json={**wanted, "current_password": "wrong password"}).status_code == 401
        (name,) = wanted
        assert shopper.patch(path, json={name: me[name]}).status_code == 200
    assert shopper.patch("/users/me", json={**wanted, "current_password": shop.PASSWORD}).status_code == 200


def test_a_session_ends_however_often_it_is_used(api: str, db: Database) -> None:
    """ASVS-7.3.1, ASVS-7.3.2: 30 days at rest, 90 days in all from the sign-in."""
    body = {"email": f"{uuid4()}@example.com", "password": shop.PASSWORD, "first_name": "Ann", "last_name": "Lee"}
    with httpx2.Client(base_url=f"{api}/v1", timeout=20) as http:
        token = http.post("/auth/register", json={**body, "phone": "+442079460000"}).json()["refresh_token"]
        begun = ids.derived(ids.now() - timedelta(days=89), uuid4())
        moved = "UPDATE refresh_tokens SET family_id = %s WHERE user_id = (SELECT id FROM users WHERE email = %s)"
        db.execute(moved, [begun, body["email"]])
        fresh = http.post("/auth/refresh", json={"refresh_token": token}).raise_for_status().json()
        http.headers["Authorization"] = f"Bearer {fresh['access_token']}"
        (only,) = sessions(http)
        left = datetime.fromisoformat(only["expires_at"]) - ids.now()
        assert (UUID(only["id"]), timedelta(hours=23) < left < timedelta(hours=24)) == (begun, True)
        for ending in ("expires_at = now()", "revoked_at = now(), expires_at = now() + interval '1 day'"):
            db.execute(f"UPDATE refresh_tokens SET {ending} WHERE family_id = %s", [begun])
            assert http.post("/auth/refresh", json={"refresh_token": fresh["refresh_token"]}).status_code == 401
            assert sessions(http) == []
