"""Rate limits (R-API-18): counted in Redis for all processes, per process while Redis is away."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from math import ceil
from time import time
from typing import Any

from fastapi import Depends, Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from api.auth import Shopper
from api.cache import Cache
from api.errors import RateLimited, Unauthenticated
from api.tokens import Verifier

ANY_CALL = parse("300/minute")
REGISTER = parse("3/minute")
LOGIN = parse("5/minute")
CODES = parse("3/15 minutes")
MONEY_CALLS = parse("30/minute")
CLICKS = parse("1000/minute")
SUGGESTIONS = parse("600/minute")


class Limiter:
    """Counts calls per rule and caller; raises RateLimited beyond the limit."""

    def __init__(self, url: str, cache: Cache, *, on: bool) -> None:
        self.on = on
        self._cache = cache
        pool: Any = cache.redis.connection_pool
        storage = RedisStorage(f"async+{url}", implementation="redispy", key_prefix="rate", connection_pool=pool)
        self._shared = SlidingWindowCounterRateLimiter(storage)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def check(self, rule: str, limit: RateLimitItem, caller: str, cost: int = 1) -> None:
        """Count `cost` calls of `caller` under `rule`; RateLimited when that is too many."""
        if self.on and not await self._hit(rule, limit, caller, cost):
            raise await self._refusal(rule, limit, caller)

    async def _hit(self, rule: str, limit: RateLimitItem, caller: str, cost: int) -> bool:
        if self._cache.available:
            try:
                return await self._shared.hit(limit, rule, caller, cost=cost)
            except (RedisError, OSError, TimeoutError):
                await self._cache.get("rate")
        return await self._own.hit(limit, rule, caller, cost=cost)

    async def _refusal(self, rule: str, limit: RateLimitItem, caller: str) -> RateLimited:
        wait = limit.get_expiry()
        try:
            stats = await (self._shared if self._cache.available else self._own).get_window_stats(limit, rule, caller)
            wait = max(1, ceil(stats.reset_time - time()))
        except (RedisError, OSError, TimeoutError):
            pass
        problem = RateLimited(retry_after=wait)
        problem.headers = {
            "RateLimit-Limit": str(limit.amount),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(wait),
        }
        return problem


def address(request: Request) -> str:
    """The caller's address as a hash: addresses are kept nowhere (R-SEC-3)."""
    host = request.client.host if request.client else ""
    return sha256(host.encode()).hexdigest()[:16]


def per_address(rule: str, limit: RateLimitItem) -> Callable[[Request], Awaitable[None]]:
    """A dependency that counts calls of one rule per address."""

    async def check(request: Request) -> None:
        limiter: Limiter = request.app.state.limiter
        await limiter.check(rule, limit, address(request))

    return check


async def _of_money(request: Request, caller: Shopper) -> None:
    limiter: Limiter = request.app.state.limiter
    await limiter.check("money", MONEY_CALLS, str(caller.user_id))


Money = Depends(_of_money)
"""A dependency that counts checkouts, payments and refunds of one user together."""


async def any_call(request: Request) -> None:
    """Count the call against its user's, else its address's, overall limit."""
    limiter: Limiter = request.app.state.limiter
    if limiter.on:
        await limiter.check("any", ANY_CALL, _caller(request))


def _caller(request: Request) -> str:
    """A token names its user only when it is one of ours: else every call could invent another."""
    verifier: Verifier = request.app.state.verifier
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        return str(verifier.read(token).user_id) if scheme.lower() == "bearer" else address(request)
    except Unauthenticated:
        return address(request)
