"""Which access tokens count."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from tests.api.users.test_sessions import bearer, register

CLAIMS = {"aud": "atlantic", "sub": str(uuid4()), "roles": ["admin"], "seller_id": None, "jti": str(uuid4())}
HEADER = {"alg": "Ed25519", "typ": "at+jwt"}


def key() -> OKPKey:
    return OKPKey.import_key(json.loads(os.environ["ATLANTIC_JWT_PRIVATE_KEY"]))


def made(signing: Any = None, header: dict[str, Any] | None = None, **changed: Any) -> str:
    moment = datetime.now(UTC)
    times = {"iat": int(moment.timestamp()), "exp": int((moment + timedelta(minutes=15)).timestamp())}
    claims = {name: value for name, value in {**CLAIMS, **times, **changed}.items() if value != "absent"}
    algorithms = ["Ed25519", "HS256", "RS256"]
    return jwt.encode({**HEADER, **(header or {})}, claims, signing or key(), algorithms=algorithms)


def answer(api: str, token: str) -> tuple[int, str]:
    said = httpx2.get(f"{api}/v1/users", headers=bearer(token))
    return said.status_code, said.json().get("type", "")


def test_one_of_ours_counts(api: str) -> None:
    """The one that the others below differ from in one thing."""
    assert answer(api, made())[0] == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another service"}, {"aud": "absent"}, {"exp": 1}, {"exp": "absent"}, {"sub": "absent"},
        {"header": {"typ": "JWT"}}, {"header": {"typ": "refresh+jwt"}},
    ],
)  # fmt: skip
def test_what_is_for_something_else_does_not(api: str, changed: dict[str, Any]) -> None:
    """ASVS-9.2.1, ASVS-9.2.2, ASVS-9.2.3, R-USR-3: signed by our key, but too old, of another kind or for others."""
    assert answer(api, made(**changed)) == (401, "/problems/unauthenticated")


def test_what_another_key_signed_does_not(api: str) -> None:
    """ASVS-9.1.1, ASVS-9.1.3: nor one that brings its key along."""
    foreign = OKPKey.generate_key("Ed25519")
    assert answer(api, made(foreign))[0] == 401
    assert answer(api, made(foreign, {"jwk": foreign.as_dict(private=False)}))[0] == 401
    head, _, tail = made().split(".")
    assert answer(api, f"{head}.{made(sub=str(uuid4())).split('.')[1]}.{tail}")[0] == 401


def test_one_algorithm_is_taken(api: str) -> None:
    """ASVS-9.1.2: neither none, nor a hash keyed by our public key, nor another signature."""
    public = key().as_dict(private=False)
    confused = OctKey.import_key(str(public["x"]))
    head, body, _ = made().split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0"
    others = [made(confused, {"alg": "HS256"}), made(RSAKey.generate_key(2048), {"alg": "RS256"})]
    for token in (*others, f"{unsigned}.{body}.", f"{head}.{body}."):
        assert answer(api, token)[0] == 401


def test_each_token_is_new_and_says_whom_it_is_for(api: str) -> None:
    """ASVS-9.2.4, ASVS-7.2.2, ASVS-7.2.3, ASVS-7.2.4: 256 random bits to refresh; the one taken is good no more."""
    with httpx2.Client(base_url=f"{api}/v1", timeout=20) as http:
        first = register(http)
        second = http.post("/auth/refresh", json={"refresh_token": first["refresh_token"]}).raise_for_status().json()
        assert http.post("/auth/refresh", json={"refresh_token": first["refresh_token"]}).status_code == 401
    assert len({first["refresh_token"], second["refresh_token"]}) == 2
    assert all(len(each["refresh_token"]) == 43 for each in (first, second))
    told = [jwt.decode(each["access_token"], key(), algorithms=["Ed25519"]) for each in (first, second)]
    assert [(token.header["typ"], token.claims["aud"]) for token in told] == [("at+jwt", "atlantic")] * 2
    assert len({token.claims["jti"] for token in told}) == 2
