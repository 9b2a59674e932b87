"""Tokens that count no more: `revoked_tokens` is the truth, `blacklist:{token_id}` in Redis its fast copy (R-USR-6)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.cache import Cache
from api.db import statement
from api.together import Together

READY = "blacklist:ready"
MOST_AT_ONCE = 256
_ALIVE = text("SELECT jti FROM revoked_tokens WHERE expires_at > now()")
_REVOKED = text("SELECT jti FROM revoked_tokens WHERE jti = ANY(:jtis)")


def key(jti: UUID) -> str:
    """Redis key of a revoked access token."""
    return f"blacklist:{jti}"


class Revocations:
    """Answers whether an access token was revoked, from Redis when its copy is whole, else from PostgreSQL.

    Every call with a token asks, so a crowd asks together: one by one it took as many connections to Redis, and those
    that were served late took it for broken.
    """

    def __init__(self, cache: Cache, pool: AsyncEngine, *, token_life_s: int) -> None:
        self._cache = cache
        self._pool = pool
        self._life_s = token_life_s
        self._whole = False
        self._asked = Together(self._answer, most=MOST_AT_ONCE)

    async def revoked(self, jti: UUID) -> bool:
        """Whether the token does not count any more."""
        return await self._asked.ask(jti)

    async def publish(self, jtis: Iterable[UUID]) -> None:
        """Copy revocations to Redis once they are committed; a copy that fails is made whole later."""
        self._whole &= await self._cache.put(dict.fromkeys(map(key, jtis), b"1"), self._life_s)

    async def _answer(self, jtis: Sequence[UUID]) -> Sequence[bool]:
        if self._whole:
            found = await self._cache.get_many([READY, *map(key, jtis)])
            if found and found[0]:
                return [copy is not None for copy in found[1:]]
            self._whole = False  # another process may have failed to copy one meanwhile
        return await self._look_up(jtis)

    async def _look_up(self, jtis: Sequence[UUID]) -> Sequence[bool]:
        async with statement(self._pool) as connection:
            if self._cache.available:
                await self._rebuild(connection)
            revoked = set(await connection.scalars(_REVOKED, {"jtis": list(jtis)}))
            return [jti in revoked for jti in jtis]

    async def _rebuild(self, connection: AsyncConnection) -> None:
        alive = [key(row.jti) for row in await connection.execute(_ALIVE)]
        if await self._cache.put(dict.fromkeys(alive, b"1"), self._life_s):
            self._whole = await self._cache.put({READY: b"1"})
