"""Redis as the core uses it: copies that can be rebuilt, so that no request ever fails for its sake (R-API-16)."""

from collections.abc import Awaitable, Mapping, Sequence
from itertools import chain
from time import monotonic
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from api.together import Together

TIMEOUT_S = 0.2
REST_S = 1.0
MOST_DROPS = 64

T = TypeVar("T")


class Cache:
    """Reads and writes that say "not available" instead of raising; after an error Redis is left alone for a second."""

    def __init__(self, url: str) -> None:
        self.redis: Redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        self._down_until = 0.0
        self._dropped = Together(self._drop, most=MOST_DROPS)

    @property
    def available(self) -> bool:
        """Whether Redis answered last time, or has been left alone long enough to be asked again."""
        return monotonic() >= self._down_until

    async def attempt(self, call: Awaitable[T]) -> T | None:
        """The answer of a Redis call; None when Redis is down or slow."""
        try:
            return await call
        except (RedisError, OSError, TimeoutError):
            self._down_until = monotonic() + REST_S
            return None

    async def get_many(self, keys: Sequence[str]) -> list[bytes | None] | None:
        """The values of some keys in their order; None when Redis is not available."""
        if not keys or not self.available:
            return None if keys else []
        found: Awaitable[list[bytes | None]] = self.redis.mget(list(keys))  # type: ignore[assignment]
        return await self.attempt(found)

    async def get(self, key: str) -> bytes | None:
        """One value; None when it is absent or Redis is not available."""
        found = await self.get_many([key])
        return found[0] if found else None

    async def put(self, values: Mapping[str, bytes], ttl_s: int | None = None) -> bool:
        """Set some keys, all for `ttl_s` seconds; whether Redis took them."""
        if not values or not self.available:
            return not values
        pipe = self.redis.pipeline(transaction=False)
        for key, value in values.items():
            pipe.set(key, value, ex=ttl_s)
        return await self.attempt(pipe.execute()) is not None

    async def drop(self, *keys: str) -> bool:
        """Delete some keys; whether Redis did. What a crowd asks at the same moment is one call."""
        return await self._dropped.ask(keys)

    async def _drop(self, asked: Sequence[tuple[str, ...]]) -> Sequence[bool]:
        keys = list(chain.from_iterable(asked))
        gone = self.available and await self.attempt(self.redis.delete(*keys)) is not None if keys else True
        return [gone] * len(asked)

    async def close(self) -> None:
        """Give the connections back."""
        await self.redis.aclose()
