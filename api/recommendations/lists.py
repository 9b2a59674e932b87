"""The lists as the stream side publishes them to Redis: one round trip, bounded in time."""

import asyncio
from typing import NamedTuple
from uuid import UUID

from api.cache import TIMEOUT_S, Cache
from api.recommendations.schemas import Source
from streams.views import LIST_LENGTH, LISTS_CUT_KEY, Published


class Ranked(NamedTuple):
    """Products, the best first, with their scores where these are known."""

    source: Source
    scores: dict[UUID, int | None]


class Lists(NamedTuple):
    """One or more lists, in the order in which they are to be used, and up to where they are complete."""

    ranked: tuple[Ranked, ...]
    complete_up_to: Published


async def popular(cache: Cache, key: str) -> Lists | None:
    """A list of popular products; None while it, or Redis, is away."""
    found = await _read(cache, key)
    return found and Lists((Ranked("redis", found.scored),), found.cut)


async def own(cache: Cache, key: str, instead: tuple[Source, str]) -> Lists | None:
    """A list of its own, and popular products in its place; None while both, or Redis, are away."""
    source, popular_key = instead
    found = await _read(cache, popular_key, key)
    if found is None:
        return None
    return Lists((Ranked("redis", dict.fromkeys(found.listed)), Ranked(source, found.scored)), found.cut)


class _Read(NamedTuple):
    scored: dict[UUID, int | None]
    listed: list[UUID]
    cut: Published


async def _read(cache: Cache, popular_key: str, own_key: str | None = None) -> _Read | None:
    if not cache.available:
        return None
    pipe = cache.redis.pipeline(transaction=True)
    pipe.get(LISTS_CUT_KEY)
    pipe.zrange(popular_key, 0, LIST_LENGTH - 1, desc=True, withscores=True)
    if own_key:
        pipe.lrange(own_key, 0, LIST_LENGTH - 1)
    answer = await cache.attempt(asyncio.wait_for(pipe.execute(), TIMEOUT_S))
    if answer is None or answer[0] is None:
        return None
    cut, scored, *others = answer
    scores: dict[UUID, int | None] = {UUID(name.decode()): int(score) for name, score in scored}
    listed = [UUID(name.decode()) for name in others[0]] if others else []
    return _Read(scores, listed, Published.read(cut.decode()))
