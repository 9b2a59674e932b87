"""How one gets in, as ARCHITECTURE.md says it, and no other way."""

import inspect
import json
import re
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import httpx2
import psycopg
import pytest

import stack.demo
from api.tokens import TOKEN_LIFE
from api.users import authenticator, challenges, passwords
from api.users import codes as one_time
from api.users.schemas.accounts import Password
from api.users.service import sessions
from tests import shop
from tests.api.users.post import Codes, ask

ROOT = Path(__file__).parents[3]
SECTION = "Who gets in, and what they may do"


@pytest.fixture(scope="module")
def written() -> str:
    """What is written down, on one line."""
    text = (ROOT / "ARCHITECTURE.md").read_text().partition(f"## {SECTION}\n")[2].partition("\n## ")[0]
    assert text
    return re.sub(r"\s+", " ", text)


def test_what_holds_guessing_off_is_written_down(written: str) -> None:
    """ASVS-6.1.1, ASVS-6.1.2: with the figures that count, and every word of ours."""
    assert f"ten failures lock an account for {sessions.LOCKED_FOR.seconds // 60} minutes" in written
    assert (sessions.FAILURES, one_time.MOST_WRONG, one_time.LIFE_S, one_time.DIGITS) == (10, 5, 300, 6)
    assert f"five wrong codes end a code's counting for {one_time.COUNTED_S // 60} minutes" in written
    assert "`api/rates.py`" in written
    assert (ROOT / "api" / "rates.py").exists()
    assert all(f"`{word}`" in written for word in passwords.CONTEXT)
    bounds, _ = get_args(Password)[1:]
    assert f"{bounds.min_length} to {bounds.max_length} characters" in written


def test_the_second_factor_is_written_down(written: str) -> None:
    """ASVS-6.1.1, ASVS-6.1.3, ASVS-6.3.3: its figures, of whom it is asked, and what stands in its place."""
    assert (authenticator.STEP_S, authenticator.GRACE, authenticator.RECOVERY_CODES) == (30, 1, 10)
    assert challenges.LIFE.seconds == 5 * 60
    assert all(word in written for word in ("half a minute", "a step of grace", "five minutes", "Ten recovery codes"))
    assert "`ATLANTIC_SECOND_FACTOR` is `operators`" in written
    assert "Shoppers and sellers choose" in written


def test_sessions_are_written_down(written: str) -> None:
    """ASVS-7.1.1, ASVS-7.1.2: how long they rest, how long they last, how many there are."""
    assert f"An access token lives {TOKEN_LIFE.seconds // 60} minutes" in written
    assert f"{sessions.REFRESH_LIFE.days} days at rest and {sessions.SESSION_LIFE.days} days in all" in written
    assert "as many as it likes" in written


def test_who_sees_which_fields_is_written_down(written: str) -> None:
    """ASVS-8.1.1, ASVS-8.1.2: and where the table of calls stands."""
    named = re.findall(r"`(tests/[\w/.]+)`", written)
    assert len(named) == 2
    assert all((ROOT / name).exists() for name in named)
    assert "Fields follow too" in written


def test_every_way_in_is_written_down(api: str, written: str) -> None:
    """ASVS-6.1.3, ASVS-6.3.4, ASVS-7.6.2, ASVS-6.4.2: four calls open a session, no secret question does."""
    document = httpx2.get(f"{api}/openapi.json", timeout=60).json()
    opening = {
        path
        for path, calls in document["paths"].items()
        for call in calls.values()
        if any(json.dumps(told.get("content", {})).count('schemas/Session"') for told in call["responses"].values())
    }
    assert opening == {f"/v1/auth/{name}" for name in ("login", "second-factor", "register", "signup", "refresh")}
    assert all(
        word in written for word in ("/v1/auth/login", "/v1/auth/second-factor", "registering", "API keys", "webhooks")
    )
    fields = {name for schema in document["components"]["schemas"].values() for name in schema.get("properties", {})}
    assert not [name for name in fields if "question" in name or "password_hint" in name]


def test_no_account_comes_with_the_product() -> None:
    """ASVS-6.3.2: no migration writes one; the demo's have passwords drawn on the machine they run on."""
    files = [path for path in (ROOT / "sql" / "versions").rglob("*") if path.suffix in (".py", ".sql")]
    assert len(files) > 20
    assert not [path for path in files if re.search(r"INSERT INTO (users|credentials)", path.read_text())]
    code = "".join(path.read_text() for path in Path(stack.demo.__path__[0]).rglob("*.py"))
    assert not re.search(r"password *= *[\"'][^\"']", code)


def test_passwords_do_not_expire(api: str, shopper: httpx2.Client, db: psycopg.Connection[Any]) -> None:
    """ASVS-6.2.10."""
    mail = shopper.headers["X-Person"]
    long_ago = "UPDATE credentials SET created_at = '2001-01-01', updated_at = '2001-01-01' WHERE email = %s"
    db.execute(long_ago, [mail])
    httpx2.post(f"{api}/v1/auth/login", json={"email": mail, "password": shop.PASSWORD}, timeout=20).raise_for_status()


def test_codes_are_drawn_and_good_for_one_thing(shopper: httpx2.Client, codes: Codes) -> None:
    """ASVS-6.4.1, ASVS-6.5.3, ASVS-6.5.4, ASVS-6.6.2: six digits of a cryptographic source; not for a new password."""
    mail = shopper.headers["X-Person"]
    drawn = [ask(shopper, codes, "email", mail) for _ in range(5)]
    assert all(re.fullmatch(r"\d{6}", code) for code in drawn)
    assert len(set(drawn)) > 1
    assert "secrets.randbelow" in inspect.getsource(one_time.Codes.issue)
    other = {"email": mail, "code": drawn[-1], "new_password": f"kelp orbit {uuid4()}"}
    assert shopper.post("/auth/password/reset", json=other).json()["type"] == "/problems/otp-invalid"


def test_the_form_hides_what_is_typed_and_takes_what_is_pasted() -> None:
    """ASVS-6.2.6, ASVS-6.2.7: and lets a manager fill it in."""
    form = (ROOT / "dashboards" / "assets" / "signin_password.html").read_text()
    (field,) = re.findall(r"<input[^>]*name=\"password\"[^>]*>", form)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert not re.search(r"onpaste|oncopy|ondrop|readonly", form)
