"""Somebody with an account who speaks to the API by its generated client: stays signed in, and waits when told to."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable
from http import HTTPStatus
from json import JSONDecodeError
from types import TracebackType
from typing import TypeVar, cast
from uuid import uuid4

import httpx
from atlantic_client import AuthenticatedClient, Client
from atlantic_client.api.accounts import login, refresh_tokens, register
from atlantic_client.models import Login, Problem, Refresh, Register, Session
from atlantic_client.types import Response

T = TypeVar("T")
TIMEOUT_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 30.0
PHONE = "+442079460123"
SILENT = (HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT)
"""Answers without a word."""


class RefusedError(Exception):
    """The API refused; the argument is the problem's slug, or the status when it says none."""


class Lines:
    """One connection pool for everybody: each has a client of their own, which signs, over the transport of all."""

    def __init__(self, api: str) -> None:
        self.api = api
        self._pool = httpx.AsyncHTTPTransport()
        self.anybody = Client(base_url=api).set_async_httpx_client(self._over(None))

    def of(self, person: httpx.Auth) -> AuthenticatedClient:
        """The client that a person gives the generated operations."""
        return AuthenticatedClient(base_url=self.api, token="").set_async_httpx_client(self._over(person))

    def _over(self, auth: httpx.Auth | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.api, transport=self._pool, auth=auth, timeout=TIMEOUT_SECONDS)

    async def __aenter__(self) -> "Lines":
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)


class Person(httpx.Auth):
    """One account and its access token, which is on all that `api` sends; every wait is counted in `tally`."""

    def __init__(self, lines: Lines, tally: Counter[str], email: str, password: str) -> None:
        self._anybody, self._tally = lines.anybody, tally
        self.api = lines.of(self)
        self.email, self._password = email, password
        self._access, self._refresh = "", ""

    async def sign_in(self) -> None:
        """Take tokens with e-mail and password; RefusedError."""
        body = Login(email=self.email, password=self._password)
        self._take(await self.ask(login.asyncio_detailed(client=self._anybody, body=body)))

    async def register(self, first_name: str, last_name: str) -> None:
        """Open the account; RefusedError."""
        body = Register(
            email=self.email, password=self._password, first_name=first_name, last_name=last_name, phone=PHONE
        )
        self._take(await self.ask(register.asyncio_detailed(client=self._anybody, body=body)))

    async def ask(self, call: Awaitable[Response[T | Problem]]) -> T:
        """What a generated operation answers; a refusal is RefusedError with its slug, one for haste comes late."""
        try:
            answer = await call
        except JSONDecodeError as error:  # something between us and the API spoke
            raise RefusedError("not JSON") from error
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            self._tally["waited for a rate limit"] += 1
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", "1")), LONGEST_WAIT_SECONDS))
        if isinstance(answer.parsed, Problem):
            raise RefusedError(answer.parsed.type_.rpartition("/")[2])
        if answer.parsed is None and answer.status_code not in SILENT:
            raise RefusedError(str(answer.status_code.value))
        return cast(T, answer.parsed)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The token on each request; one that ran out is renewed once."""
        self._sign(request)
        answer = yield request
        if answer.status_code == HTTPStatus.UNAUTHORIZED and self._refresh:
            await self._renew()
            self._sign(request)
            yield request

    def _sign(self, request: httpx.Request) -> None:
        if self._access:
            request.headers["Authorization"] = f"Bearer {self._access}"

    async def _renew(self) -> None:
        token, self._refresh, self._access = self._refresh, "", ""
        renewed = await refresh_tokens.asyncio(client=self._anybody, body=Refresh(refresh_token=token))
        if isinstance(renewed, Session):
            self._take(renewed)
        else:
            await self.sign_in()

    def _take(self, session: Session) -> None:
        self._access, self._refresh = session.access_token, session.refresh_token


def key() -> str:
    """An Idempotency-Key of its own: what arrives twice under it happens once."""
    return str(uuid4())
