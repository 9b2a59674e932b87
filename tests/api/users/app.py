"""The owner's authenticator app, and signing in with it."""

import time
from typing import Any

import httpx2
import pyotp

from tests import shop


class App:
    """What has read the secret of an account, beside the recovery codes that were noted."""

    def __init__(self, client: httpx2.Client) -> None:
        told = client.post("/users/me/second-factor", json={"password": shop.PASSWORD}).raise_for_status().json()
        self.secret, self.uri = told["secret"], told["otpauth_uri"]
        confirmed = client.post("/users/me/second-factor/confirm", json={"code": self.code()}).raise_for_status()
        self.recovery_codes: list[str] = confirmed.json()["recovery_codes"]

    def code(self, ahead: int = 0) -> str:
        """The code of this half a minute, or of one after it."""
        return pyotp.TOTP(self.secret).generate_otp(int(time.time()) // 30 + ahead)


def password(client: httpx2.Client) -> httpx2.Response:
    """The first step of signing in."""
    return client.post("/auth/login", json={"email": client.headers["X-Person"], "password": shop.PASSWORD})


def challenge(client: httpx2.Client) -> str:
    """What the first step gives an account with a second factor."""
    answer = password(client)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/second-factor-needed")
    found: str = answer.json()["challenge"]
    return found


def prove(client: httpx2.Client, given: str | None = None, **code: Any) -> httpx2.Response:
    """The second step, with a challenge of its own unless one is given."""
    return client.post("/auth/second-factor", json={"challenge": given or challenge(client), **code})


def kind(answer: httpx2.Response) -> tuple[int, str]:
    """Status and name of a problem."""
    return answer.status_code, answer.json()["type"].rpartition("/")[2]
