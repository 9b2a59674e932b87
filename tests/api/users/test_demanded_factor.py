"""Where operators need a second factor: without one they are shoppers who can turn it on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from api.settings import Settings
from dashboards.sessions import RefusedError, Sessions
from dashboards.settings import dashboard_settings
from tests import shop
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving
from tests.api.users.app import App, kind, password, prove

Database = psycopg.Connection[tuple[Any, ...]]
PATH = "/users/me/second-factor"
REQUIRED = (403, "second-factor-required")


@pytest.fixture(scope="module")
def api(pg: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An api that demands it."""
    changed = {"rate_limits": False, "kafka_bootstrap": NOBODY_LISTENS, "home": tmp_path_factory.mktemp("home")}
    with serving(**changed, second_factor="operators") as address:
        yield address


@pytest.fixture(params=["operator", "admin"])
def person(request: pytest.FixtureRequest, shopper: httpx2.Client, db: Database) -> httpx2.Client:
    """An operator or admin, signed in by the password alone."""
    set_role = "UPDATE users SET roles = %s WHERE email = %s"
    db.execute(set_role, [["shopper", request.param], shopper.headers["X-Person"]])
    shop.sign_in_again(shopper)
    return shopper


def test_an_operator_without_one_can_only_enrol(person: httpx2.Client) -> None:
    """ASVS-6.3.3: as an operator; the account's own calls go on, and the role counts once a code was given."""
    me = person.get("/users/me").json()
    assert (len(me["roles"]), me["second_factor"]) == (2, False)
    for path in ("/users", "/ledger/entries", "/complaints"):
        assert kind(person.get(path)) == REQUIRED, path
    app = App(person)
    assert person.get("/users").status_code == 200
    opened = prove(person, code=app.code(1)).raise_for_status().json()
    person.headers["Authorization"] = f"Bearer {opened['access_token']}"
    assert person.get("/users").status_code == 200


def test_a_refresh_gives_no_more_than_the_sign_in(person: httpx2.Client, api: str) -> None:
    """ASVS-6.3.4: there is no way round."""
    token = {"refresh_token": password(person).json()["refresh_token"]}
    renewed = person.post("/auth/refresh", json=token).raise_for_status().json()
    person.headers["Authorization"] = f"Bearer {renewed['access_token']}"
    assert kind(person.get("/users")) == REQUIRED
    assert not httpx2.get(f"{api}/health/ready", headers=person.headers).json().get("parts")


def test_it_cannot_be_turned_off_there(person: httpx2.Client, db: Database) -> None:
    """ASVS-6.3.3: by its owner; an admin takes a lost one away, and the role counts no more until the next is on."""
    app = App(person)
    body = {"password": shop.PASSWORD, "code": app.code(1)}
    assert kind(person.request("DELETE", PATH, json=body)) == REQUIRED
    db.execute("DELETE FROM second_factors WHERE user_id = %s", [person.get("/users/me").json()["id"]])
    shop.sign_in_again(person)
    assert kind(person.get("/users")) == REQUIRED


def test_the_dashboards_say_so(person: httpx2.Client, api: str) -> None:
    """ASVS-6.3.3: nobody looks at the pages of operations by a password alone."""
    dashboard_settings.cache_clear()
    with httpx2.Client(base_url=api, timeout=20) as client:
        held = Sessions(dashboard_settings(), client)
        with pytest.raises(RefusedError, match="Operators need a second factor"):
            held.sign_in(person.headers["X-Person"], shop.PASSWORD, "127.0.0.1")
    dashboard_settings.cache_clear()


def test_shoppers_and_sellers_need_none(shopper: httpx2.Client, api: str) -> None:
    """Their passwords open what was theirs before; no reason is given where a role lacks."""
    assert password(shopper).status_code == 200
    assert kind(shopper.get("/users")) == (403, "forbidden")
    client = shop.account(api)
    with closing(client):
        assert kind(client.get("/complaints")) == (403, "forbidden")


def test_it_is_demanded_where_it_is_said(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By default nobody has to; the setting's name is ARCHITECTURE.md's."""
    assert Settings().second_factor == "optional"  # type: ignore[call-arg] # read from the environment
    monkeypatch.setenv("ATLANTIC_SECOND_FACTOR", "operators")
    assert Settings().second_factor == "operators"  # type: ignore[call-arg] # read from the environment
    text = (Path(__file__).parents[3] / "ARCHITECTURE.md").read_text()
    assert "`ATLANTIC_SECOND_FACTOR`" in text
    assert "`ATLANTIC_SECOND_FACTOR_SECRET`" in text
