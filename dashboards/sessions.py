"""Sessions with the api: sign in, take new tokens, sign out. The api owns them; here they are only held.

A refresh token works once, and a page that stays open keeps the cookies it was opened with. So this process remembers
which tokens followed on which: every tab that still holds an older pair gets the newest one.
"""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

import httpx2
import structlog

from dashboards.identity import OPERATORS, Identity, read
from dashboards.settings import DashboardSettings

TIMEOUT_SECONDS = 10.0
PROBE_SECONDS = 2.0
REMEMBERED = 20_000
STRIPES = 64
OK = "ok"
NAMES = {"postgres": "PostgreSQL", "redis": "Redis"}

log = structlog.get_logger(__name__)


class Tokens(NamedTuple):
    """The access token of 15 minutes, and the refresh token that gives the next pair."""

    access: str
    refresh: str


class RefusedError(Exception):
    """The api did not open a session; the message is for the person who tried."""


class CodeNeededError(Exception):
    """The password was right, and the account has a second factor: `challenge` goes back with its code."""

    def __init__(self, challenge: str) -> None:
        super().__init__("a code is needed")
        self.challenge = challenge


class CodeRefusedError(RefusedError):
    """The code was wrong; another one may be tried with the same challenge."""


class Sessions:
    """All sessions that this process has seen."""

    def __init__(self, settings: DashboardSettings, api: httpx2.Client | None = None) -> None:
        self._key = settings.verifying_key
        self._api = api or httpx2.Client(base_url=settings.api_url, timeout=TIMEOUT_SECONDS)
        self._followed: OrderedDict[str, Tokens | None] = OrderedDict()
        self._lock = Lock()
        self._renewing = [Lock() for _ in range(STRIPES)]

    def sign_in(self, name: str, password: str, address: str) -> Tokens:
        """Ask the api; RefusedError says in words why not, CodeNeededError that it takes a second step."""
        field = "email" if "@" in name else "username"
        answer = self._asked("login", {field: name, "password": password}, address)
        if answer.status_code == httpx2.codes.OK:
            return self._admitted(answer)
        if challenge := _challenge(answer):
            raise CodeNeededError(challenge)
        raise RefusedError(_why(answer, "This e-mail and password do not belong together."))

    def prove(self, challenge: str, code: str, address: str) -> Tokens:
        """The second step; `code` is one of the app or a recovery code. RefusedError, CodeRefusedError."""
        typed = code.replace(" ", "")
        field = "code" if typed.isdecimal() else "recovery_code"
        answer = self._asked("second-factor", {"challenge": challenge, field: typed}, address)
        if answer.status_code == httpx2.codes.OK:
            return self._admitted(answer)
        if answer.status_code == httpx2.codes.UNPROCESSABLE_CONTENT or _problem(answer) == "second-factor-invalid":
            raise CodeRefusedError("This code is wrong or was used before. Wait for the next one.")
        raise RefusedError(_why(answer, "That took too long. Sign in again."))

    def _asked(self, step: str, body: dict[str, str], address: str) -> httpx2.Response:
        try:
            return self._api.post(f"/v1/auth/{step}", json=body, headers={"X-Forwarded-For": address})
        except httpx2.HTTPError as error:
            raise RefusedError("Sign-in does not answer at the moment. Try again in a minute.") from error

    def _admitted(self, answer: httpx2.Response) -> Tokens:
        """The tokens; RefusedError for operators whose role does not count for want of a second factor."""
        tokens, person = _tokens(answer), answer.json().get("user", {})
        identity = read(tokens.access, self._key)
        if (
            identity
            and OPERATORS.intersection(person.get("roles", ()))
            and not (identity.operator or identity.seller_id)
        ):
            self.sign_out(tokens)
            raise RefusedError(
                "Operators need a second factor here. Turn it on over the API first: POST /v1/users/me/second-factor."
            )
        return tokens

    def current(self, held: Tokens) -> tuple[Identity, Tokens] | None:
        """Who holds these tokens and the newest pair of that session; None when the session is over or forged."""
        newest = self._newest(held)
        identity = read(newest.access, self._key) if newest else None
        if newest is None or (identity and not identity.expired):
            return (identity, newest) if identity and newest else None
        return self._renewed(newest) if newest.refresh else None

    def sign_out(self, held: Tokens) -> None:
        """End the session here at once, and at the api when it answers."""
        newest = self._newest(held)
        if newest is not None:
            self._remember(newest.refresh, None)
        self._remember(held.refresh, None)
        if newest is None:
            return
        try:
            self._api.post(
                "/v1/auth/logout",
                json={"refresh_token": newest.refresh},
                headers={"Authorization": f"Bearer {newest.access}"},
            )
        except httpx2.HTTPError:
            log.warning("the api did not hear a sign-out")

    def parts(self, access: str) -> dict[str, str]:
        """The api and what it needs, each "ok" or what is wrong; only an operator is told of the needs."""
        try:
            answer = self._api.get(
                "/health/ready", headers={"Authorization": f"Bearer {access}"}, timeout=PROBE_SECONDS
            )
            parts = answer.json().get("parts") or {}
        except (httpx2.HTTPError, ValueError):
            return {"API": "does not answer"}
        return {"API": OK, **{NAMES.get(part, part): str(state) for part, state in parts.items()}}

    def _renewed(self, held: Tokens) -> tuple[Identity, Tokens] | None:
        with self._renewing[hash(held.refresh) % STRIPES]:  # one tab asks, the others take what it got
            newest = self._newest(held)
            if newest == held:
                newest = self._refreshed(held)
        identity = read(newest.access, self._key) if newest else None
        return (identity, newest) if identity and newest else None

    def _refreshed(self, held: Tokens) -> Tokens | None:
        try:
            answer = self._api.post("/v1/auth/refresh", json={"refresh_token": held.refresh})
        except httpx2.HTTPError:
            log.warning("the api did not renew a session")
            return None
        if answer.status_code in {httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN}:
            self._remember(held.refresh, None)
        if answer.status_code != httpx2.codes.OK:
            return None
        tokens = _tokens(answer)
        self._remember(held.refresh, tokens)
        return tokens

    def _newest(self, held: Tokens) -> Tokens | None:
        newest: Tokens | None = held
        with self._lock:
            while newest is not None and newest.refresh in self._followed:
                newest = self._followed[newest.refresh]
        return newest

    def _remember(self, refresh: str, tokens: Tokens | None) -> None:
        with self._lock:
            self._followed[refresh] = tokens
            if len(self._followed) > REMEMBERED:
                self._followed.popitem(last=False)


def _tokens(answer: httpx2.Response) -> Tokens:
    body = answer.json()
    return Tokens(body["access_token"], body["refresh_token"])


def _problem(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["type"]).rpartition("/")[2]
    except (ValueError, KeyError, TypeError):
        return ""


def _challenge(answer: httpx2.Response) -> str:
    return str(answer.json().get("challenge", "")) if _problem(answer) == "second-factor-needed" else ""


def _why(answer: httpx2.Response, unauthorized: str) -> str:
    if answer.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        return f"Too many tries. Wait {answer.headers.get('retry-after', '60')} seconds, then try again."
    if answer.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
        return "Sign-in does not answer at the moment. Try again in a minute."
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        return unauthorized
    try:
        return str(answer.json().get("detail") or answer.json()["title"])
    except (ValueError, KeyError, TypeError):
        return "Sign-in was refused."
