"""Accounts made for a single call: what ends an account or changes how it signs in must not be done to the caller's."""

from collections.abc import Mapping
from typing import Any

import httpx2
import pyotp

from tests import shop
from tests.api.users.app import App, challenge

CALLER = "Authorization"
"""The part of a step's answer that says who calls."""

Known = Mapping[str, list[Any]]


def newcomer(client: httpx2.Client) -> httpx2.Client:
    """A new account at the api of a client."""
    return shop.account(str(client.base_url).removesuffix("/v1/"))


def _by(person: httpx2.Client, **found: Any) -> dict[str, Any]:
    return {CALLER: person.headers["Authorization"], **found}


def stranger(client: httpx2.Client, known: Known) -> dict[str, Any]:
    """Somebody new calls."""
    return _by(newcomer(client))


def leaver(client: httpx2.Client, known: Known) -> dict[str, Any]:
    """Somebody new, who gives the password."""
    return _by(newcomer(client), password=shop.PASSWORD)


def beginner(client: httpx2.Client, known: Known) -> dict[str, Any]:
    """Somebody who has shown the secret to an app."""
    person = newcomer(client)
    begun = person.post("/users/me/second-factor", json={"password": shop.PASSWORD}).raise_for_status().json()
    return _by(person, code=pyotp.TOTP(begun["secret"]).now())


def proven(client: httpx2.Client, known: Known) -> dict[str, Any]:
    """Somebody with a second factor and its recovery codes."""
    person = newcomer(client)
    return _by(person, password=shop.PASSWORD, recovery_code=App(person).recovery_codes[0], code=None)


def challenged(client: httpx2.Client, known: Known) -> dict[str, Any]:
    """Somebody who has given the password and is asked for the second factor."""
    person = newcomer(client)
    codes = App(person).recovery_codes
    return {"challenge": challenge(person), "recovery_code": codes[0], "code": None}


def locked_out(client: httpx2.Client, known: Known) -> dict[str, Any]:
    """Somebody with a second factor, which is lost."""
    person = newcomer(client)
    App(person)
    return {"user_id": person.get("/users/me").raise_for_status().json()["id"]}
