"""The way to PayPal's REST API: one account's token, bounded calls, and what counts as an answer.

PayPal's own SDK for Python is not used: it blocks its thread, brings repetitions and clients of its own, and cannot
verify webhooks.
"""

import asyncio
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import httpx2
import msgspec

from api.settings import GatewaySettings

LIVE = "https://api-m.paypal.com"
# A token is given up a little early, so that none ends on its way.
SPARE_S = 60.0
# What is no word about a payment: it is busy with the same request, asks us to wait, or does not know us.
AWAY = frozenset((HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS))
Answer = TypeVar("Answer")


class RefusedError(Exception):
    """PayPal understood and says no; `issue` is its word for why."""

    def __init__(self, issue: str) -> None:
        super().__init__(issue)
        self.issue = issue


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float


class _Detail(msgspec.Struct, frozen=True):
    issue: str = ""


class _Trouble(msgspec.Struct, frozen=True):
    name: str = ""
    details: list[_Detail] = []


class PayPalHttp:
    """Calls with the credentials of one account; ConnectionError when there is no answer that counts."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._http = httpx2.AsyncClient(
            base_url=settings.paypal_url or LIVE, timeout=settings.gateway_call_s, follow_redirects=False
        )
        self._credentials = settings.paypal_client_id, settings.paypal_secret
        self._token, self._good_until, self._renewing = "", 0.0, asyncio.Lock()

    async def get(self, path: str, asked: Mapping[str, str] | None = None) -> bytes | None:
        """What stands there; None when nothing does. RefusedError as of `post`."""
        return await self._call("GET", path, params=dict(asked or {}))

    async def post(self, path: str, said: object, request_id: str | None = None) -> bytes | None:
        """The answer to a request that has an effect once under its id; None when what it is about is not there.

        Raises RefusedError.
        """
        headers = {"Prefer": "return=representation", "Content-Type": "application/json"}
        if request_id:
            headers["PayPal-Request-Id"] = request_id
        return await self._call("POST", path, content=msgspec.json.encode(said), headers=headers)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def _call(self, method: str, path: str, **told: Any) -> bytes | None:
        bearer = {"Authorization": f"Bearer {await self._bearer()}"}
        answer = await self._heard(method, path, **told | {"headers": bearer | told.get("headers", {})})
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self._good_until = 0.0  # called back before its time
        if answer.status_code in AWAY:
            raise ConnectionError(f"paypal: {answer.status_code} {_trouble(answer.content).name}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.is_error:
            trouble = _trouble(answer.content)
            raise RefusedError(next((one.issue for one in trouble.details if one.issue), trouble.name))
        return answer.content

    async def _bearer(self) -> str:
        async with self._renewing:
            if time.monotonic() >= self._good_until:
                asked = time.monotonic()
                said = {"grant_type": "client_credentials"}
                answer = await self._heard("POST", "/v1/oauth2/token", data=said, auth=self._credentials)
                if answer.is_error:
                    raise ConnectionError(f"paypal: no token, {answer.status_code}")
                token = read(answer.content, _Token)
                self._token, self._good_until = token.access_token, asked + max(token.expires_in - SPARE_S, 0)
            return self._token

    async def _heard(self, method: str, path: str, **told: Any) -> httpx2.Response:
        try:
            answer = await self._http.request(method, path, **told)
        except httpx2.HTTPError as error:
            raise ConnectionError(f"paypal: {type(error).__name__}") from error
        if answer.is_server_error or answer.is_redirect:
            raise ConnectionError(f"paypal: {answer.status_code}")
        return answer


def read(answer: bytes | None, kind: type[Answer]) -> Answer:
    """An answer as what it should be; RefusedError when there is nothing, ConnectionError when it is something else."""
    if answer is None:
        raise RefusedError("RESOURCE_NOT_FOUND")
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.MsgspecError as error:
        raise ConnectionError(f"paypal: {error}") from error


def _trouble(body: bytes) -> _Trouble:
    try:
        return msgspec.json.decode(body, type=_Trouble)
    except msgspec.MsgspecError:
        return _Trouble()
