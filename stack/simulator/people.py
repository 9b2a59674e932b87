"""Somebody with an account who speaks to the API: signs in, stays signed in, and waits when told to."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx2

TIMEOUT_SECONDS = 15.0
UNAUTHORIZED, TOO_MANY = 401, 429
LONGEST_WAIT_SECONDS = 30.0
PHONE = "+442079460123"


class RefusedError(Exception):
    """The API refused; the argument is the problem's slug, or the status when it says none."""


class Person:
    """One account and its access token; every answer is counted in `tally` by what came of it."""

    def __init__(self, http: httpx2.AsyncClient, tally: Counter[str], email: str, password: str) -> None:
        self._http, self._tally = http, tally
        self.email, self._password = email, password
        self._access, self._refresh = "", ""

    async def sign_in(self) -> None:
        """Take tokens with e-mail and password; RefusedError."""
        self._take(await self.ask("POST", "/auth/login", {"email": self.email, "password": self._password}))

    async def register(self, first_name: str, last_name: str) -> None:
        """Open the account; RefusedError."""
        person = {
            "email": self.email,
            "password": self._password,
            "first_name": first_name,
            "last_name": last_name,
            "phone": PHONE,
        }
        self._take(await self.ask("POST", "/auth/register", person))

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; a token that ran out is renewed once, a refusal is RefusedError with its slug."""
        answer = await self._send(method, path, body)
        if answer.status_code == UNAUTHORIZED and self._refresh:
            await self._renew()
            answer = await self._send(method, path, body)
        if answer.status_code == TOO_MANY:
            self._tally["waited for a rate limit"] += 1
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", "1")), LONGEST_WAIT_SECONDS))
        if answer.is_error:
            raise RefusedError(_slug(answer))
        return answer.json() if answer.content else None

    async def _send(self, method: str, path: str, body: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._access}"} if self._access else {}
        if method == "POST" and not path.startswith(("/auth", "/tracking")):
            headers["Idempotency-Key"] = str(uuid4())
        return await self._http.request(method, path, json=body, headers=headers)

    async def _renew(self) -> None:
        token, self._refresh, self._access = self._refresh, "", ""
        answer = await self._send("POST", "/auth/refresh", {"refresh_token": token})
        if answer.is_error:
            await self.sign_in()
        else:
            self._take(answer.json())

    def _take(self, tokens: dict[str, Any]) -> None:
        self._access, self._refresh = tokens["access_token"], tokens["refresh_token"]


def client(api: str) -> httpx2.AsyncClient:
    """One connection pool for everybody."""
    return httpx2.AsyncClient(base_url=f"{api}/v1", timeout=TIMEOUT_SECONDS)


def _slug(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["type"]).rpartition("/")[2]
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
