"""Shoppers who repeat a call under its Idempotency-Key until the answer is definite, whatever dies meanwhile."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any, NamedTuple
from uuid import UUID

import aiohttp
import orjson

from api import ids
from api.settings import Settings
from api.tokens import Identity, mint

PATIENCE_S = 300.0
AGAIN_S = 0.2


class Answer(NamedTuple):
    """A definite answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return orjson.loads(self.body)

    @property
    def slug(self) -> str:
        """The kind of problem; empty for a success."""
        return self.json["type"].rpartition("/")[2] if self.status >= 400 else ""


def token(user_id: UUID) -> str:
    """An access token of a shopper, as the api signs it."""
    now = ids.now()
    who = Identity(user_id, frozenset({"shopper"}), None, ids.new(), now + timedelta(minutes=15))
    return mint(Settings().signing_key, who, now)  # type: ignore[call-arg] # read from the environment


class Caller:
    """One shopper at one or several api processes, the next one after every call."""

    def __init__(self, session: aiohttp.ClientSession, apis: Sequence[str], user_id: UUID) -> None:
        self._session, self._apis = session, cycle(apis)
        self._headers = {"Authorization": f"Bearer {token(user_id)}"}
        self.lost = 0
        """Calls that ended without an answer."""

    async def get(self, path: str) -> Any:
        """What stands there."""
        return (await self.definite("GET", path, None, None)).json

    async def definite(self, method: str, path: str, body: object, key: str | None) -> Answer:
        """Repeat until the answer is neither lost nor "not now"; AssertionError when that takes too long."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = await self.once(method, path, body, key)
            if answer is None:
                self.lost += 1
                await asyncio.sleep(AGAIN_S)
            elif answer.status == 503 or answer.slug == "idempotency-in-progress":
                assert answer.headers.get("Retry-After"), answer
                await asyncio.sleep(float(answer.headers["Retry-After"]))
            else:
                return answer
        raise AssertionError(f"{method} {path}: nothing definite in {PATIENCE_S:.0f} s")

    async def once(self, method: str, path: str, body: object, key: str | None) -> Answer | None:
        """One call; nothing when the connection was lost."""
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        url = f"{next(self._apis)}/v1{path}"
        try:
            async with self._session.request(method, url, json=body, headers=headers) as answer:
                return Answer(answer.status, answer.headers, await answer.read())
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return None
