"""Answers that may be a second old, for callers whom a second makes no difference (R-CAT-1, R-INV-12)."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, NamedTuple, TypeVar

LIFE_S = 1.0
MOST_BYTES = 16 * 1024 * 1024

K = TypeVar("K")


class _Kept(NamedTuple):
    body: bytes
    until: float


class Lately(Generic[K]):
    """Keeps what `read` gave, from before it was asked for until a second later or `forget`."""

    def __init__(self, read: Callable[[K], Awaitable[bytes]], clock: Callable[[], float] = monotonic) -> None:
        self._read, self._clock = read, clock
        self._kept: dict[K, _Kept] = {}
        self._bytes = 0
        self._forgotten_at = clock()

    async def get(self, key: K) -> bytes:
        """The answer of this second, else a new one; raises what `read` raises."""
        now = self._clock()
        if (kept := self._kept.get(key)) and now < kept.until:
            return kept.body
        body = await self._read(key)
        if now > self._forgotten_at:
            self._keep(key, _Kept(body, now + LIFE_S))
        return body

    def forget(self) -> None:
        """Something changed: neither what is kept counts any more, nor what is being read."""
        self._kept.clear()
        self._bytes, self._forgotten_at = 0, self._clock()

    def _keep(self, key: K, answer: _Kept) -> None:
        self._drop(key)
        self._kept[key] = answer
        self._bytes += len(answer.body)
        now = self._clock()
        while self._kept and (self._bytes > MOST_BYTES or next(iter(self._kept.values())).until <= now):
            self._drop(next(iter(self._kept)))

    def _drop(self, key: K) -> None:
        if dropped := self._kept.pop(key, None):
            self._bytes -= len(dropped.body)
