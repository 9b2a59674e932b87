"""Tokens that count no more: `revoked_tokens` is the truth, `blacklist:{token_id}` in Redis its fast copy (R-USR-6)."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.cache import Cache

READY = "blacklist:ready"
_ALIVE = text("SELECT jti FROM revoked_tokens WHERE expires_at > now()")
_IS_REVOKED = text("SELECT EXISTS (SELECT FROM revoked_tokens WHERE jti = :jti)")


def key(jti: UUID) -> str:
    """Redis key of a revoked access token."""
    return f"blacklist:{jti}"


class Revocations:
    """Answers whether an access token was revoked, from Redis when its copy is whole, else from PostgreSQL."""

    def __init__(self, cache: Cache, pool: AsyncEngine, *, token_life_s: int) -> None:
        self._cache = cache
        self._pool = pool
        self._life_s = token_life_s
        self._whole = False

    async def revoked(self, jti: UUID) -> bool:
        """Whether the token does not count any more."""
        if self._whole:
            found = await self._cache.get_many([key(jti), READY])
            if found and found[1]:
                return found[0] is not None
        return await self._look_up(jti)

    async def publish(self, jtis: Iterable[UUID]) -> None:
        """Copy revocations to Redis once they are committed; a copy that fails is made whole later."""
        self._whole &= await self._cache.put(dict.fromkeys(map(key, jtis), b"1"), self._life_s)

    async def _look_up(self, jti: UUID) -> bool:
        async with self._pool.connect() as connection:
            if self._cache.available:
                await self._rebuild(connection)
            return bool(await connection.scalar(_IS_REVOKED, {"jti": jti}))

    async def _rebuild(self, connection: AsyncConnection) -> None:
        alive = [key(row.jti) for row in await connection.execute(_ALIVE)]
        if await self._cache.put(dict.fromkeys(alive, b"1"), self._life_s):
            self._whole = await self._cache.put({READY: b"1"})
