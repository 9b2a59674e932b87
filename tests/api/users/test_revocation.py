"""Whether tokens count: what was revoked and what was not, asked by a crowd."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from api import db
from api.cache import Cache
from api.revocation import Revocations
from tests.api.conftest import NOBODY_LISTENS

LIFE_S = 60


class Counted(Cache):
    """Redis that notes how often it was asked for values."""

    asked = 0

    async def get_many(self, keys: Sequence[str]) -> list[bytes | None] | None:
        self.asked += 1
        return await super().get_many(keys)


def revoke(dsn: str) -> UUID:
    """A token that was revoked without a copy in Redis."""
    jti, until = uuid4(), datetime.now(UTC) + timedelta(seconds=LIFE_S)
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO revoked_tokens (jti, expires_at) VALUES (%s, %s)", [jti, until])
    return jti


async def crowd(dsn: str, redis_url: str, jtis: Sequence[UUID]) -> tuple[list[bool], list[bool], int]:
    """What one is told who comes alone, what all are told who come at once, and how often Redis was asked then."""
    cache, pool = Counted(redis_url), db.engine(dsn, size=2)
    try:
        revocations = Revocations(cache, pool, token_life_s=LIFE_S)
        alone = [await revocations.revoked(jti) for jti in jtis[:2]]
        before = cache.asked
        told = await asyncio.gather(*map(revocations.revoked, jtis))
        return alone, told, cache.asked - before
    finally:
        await cache.close()
        await pool.dispose()


def test_a_crowd_asks_together(pg: str, redis_url: str) -> None:
    """200 calls at once were 200 connections to Redis, some of them too late for its time-out."""
    revoked = revoke(pg)
    jtis = [revoked, *(uuid4() for _ in range(199))]
    alone, told, asked = asyncio.run(crowd(pg, redis_url, jtis))
    assert (alone, told) == ([True, False], [True] + [False] * 199)
    assert asked <= 2


def test_a_crowd_without_redis_is_told_the_same(pg: str) -> None:
    revoked = revoke(pg)
    jtis = [revoked, *(uuid4() for _ in range(199))]
    alone, told, _ = asyncio.run(crowd(pg, f"redis://{NOBODY_LISTENS}/0", jtis))
    assert (alone, told) == ([True, False], [True] + [False] * 199)
