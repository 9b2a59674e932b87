"""What stands between a right password and a session counts for that alone, and not for long."""

import time
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving
from tests.api.users.app import App, challenge, kind, password, prove
from tests.api.users.test_tokens import key

ALGORITHMS = ["Ed25519"]
REVOKED = (401, "token-revoked")


@pytest.fixture
def app(shopper: httpx2.Client) -> App:
    """The shopper's app; the second factor is on."""
    return App(shopper)


def remade(token: str, header: dict[str, Any] | None = None, signing: OKPKey | None = None, **changed: Any) -> str:
    read = jwt.decode(token, key(), algorithms=ALGORITHMS)
    told = {name: value for name, value in {**read.claims, **changed}.items() if value != "absent"}
    return jwt.encode({**read.header, **(header or {})}, told, signing or key(), algorithms=ALGORITHMS)


def test_it_lives_five_minutes(shopper: httpx2.Client, app: App) -> None:
    """ASVS-9.2.1, ASVS-6.6.2: expired, without an end, for others or of another key it opens nothing."""
    answer = password(shopper).json()
    given = answer["challenge"]
    claims = jwt.decode(given, key(), algorithms=ALGORITHMS).claims
    assert (answer["expires_in"], claims["exp"] - time.time() <= 300) == (300, True)
    wrong = [
        remade(given, exp=int(time.time()) - 1),
        remade(given, exp="absent"),
        remade(given, aud="another service"),
        remade(given, signing=OKPKey.generate_key("Ed25519")),
        remade(given, header={"typ": "at+jwt"}),
        "nonsense",
    ]
    code = app.code(1)
    assert [kind(prove(shopper, each, code=code)) for each in wrong] == [REVOKED] * len(wrong)
    assert prove(shopper, remade(given), code=code).status_code == 200


def test_it_is_no_access_token_and_none_is_one(shopper: httpx2.Client, app: App) -> None:
    """ASVS-9.2.2: each says what it is."""
    held = {"Authorization": f"Bearer {challenge(shopper)}"}
    assert shopper.get("/users/me", headers=held).json()["type"] == "/problems/unauthenticated"
    assert shopper.post("/auth/refresh", json={"refresh_token": challenge(shopper)}).status_code == 401
    access = shopper.headers["Authorization"].removeprefix("Bearer ")
    assert kind(prove(shopper, access, code=app.code(1))) == REVOKED


def test_second_steps_are_limited_as_sign_ins_are(pg: str, redis_url: str, tmp_path: Any) -> None:
    """R-API-18, ASVS-6.3.1: five a minute and address."""
    with (
        serving(kafka_bootstrap=NOBODY_LISTENS, home=tmp_path, rate_limits=True) as limited,
        httpx2.Client(base_url=f"{limited}/v1", timeout=20) as http,
    ):
        answers = [prove(http, "nonsense", code="123456").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
