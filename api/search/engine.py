"""Meilisearch as the core uses it: bounded, left alone while it fails, never the reason why a search does (R-SRC-6)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx2
import orjson
import structlog
from prometheus_client import Gauge

from api.breaker import Breaker, Limits
from api.settings import Settings
from streams.views import SEARCH_CUT_ID, Published, search_cut_index, search_index

REST_S = 5.0
BREAKER_OPEN = Gauge("search_breaker_open", "1 while Meilisearch is not asked because it failed too often")

log = structlog.get_logger()

Query = Mapping[str, Any]


class Results(NamedTuple):
    """The answers to some queries in their order, and up to where the index was complete."""

    answers: list[dict[str, Any]]
    cut: Published


class Engine:
    """The product index; made once per process, closed at its end."""

    def __init__(self, settings: Settings) -> None:
        self._index = search_index(settings.topic_prefix)
        self._there = bool(settings.meilisearch_url)
        self._call_s = settings.search_call_ms / 1000
        self._breaker = Breaker(Limits(rest_s=REST_S))
        self._client = httpx2.AsyncClient(
            base_url=settings.meilisearch_url or "http://127.0.0.1",
            headers={"Authorization": f"Bearer {settings.meilisearch_key}"},
            timeout=self._call_s,
            trust_env=False,
        )
        BREAKER_OPEN.set(0)

    async def ask(self, queries: Sequence[Query]) -> Results | None:
        """All of them in one call; None when it is away, slow, resting, or not complete yet."""
        if not self._there or not self._breaker.enter():
            return None
        answered = False
        try:
            async with asyncio.timeout(self._call_s):
                reply = await self._client.post("/multi-search", json={"queries": self._named(queries)})
            answered = reply.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            return self._read(reply)
        except (httpx2.HTTPError, OSError) as error:
            log.warning("Meilisearch does not answer; PostgreSQL does", reason=type(error).__name__)
            return None
        finally:
            self._breaker.note(answered=answered)
            self._breaker.leave()
            BREAKER_OPEN.set(self._breaker.open)

    def _named(self, queries: Sequence[Query]) -> list[Query]:
        # Read first: documents that follow it are newer than it says.
        cut = {"indexUid": search_cut_index(self._index), "limit": 1}
        return [cut, *({"indexUid": self._index, **query} for query in queries)]

    def _read(self, reply: httpx2.Response) -> Results | None:
        if reply.status_code != HTTPStatus.OK:
            log.warning("Meilisearch refuses a search; PostgreSQL answers it", status=reply.status_code)
            return None
        told, *answers = orjson.loads(reply.content)["results"]
        cut = next((each for each in told["hits"] if each["id"] == SEARCH_CUT_ID), None)
        return Results(answers, Published(cut["tx"], datetime.fromisoformat(cut["at"]))) if cut else None

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()
