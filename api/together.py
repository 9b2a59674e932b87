"""Questions that are asked at the same moment, answered by one round trip.

Nothing is kept: an answer is fetched after its question was asked, so it is as true as one that was fetched for that
question alone. What waits while a round trip is under way goes together into the next one, so the work falls as the
crowd grows; a caller who comes alone waits for nobody.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def _any(_: object) -> None:
    """One kind for all."""


class Together(Generic[K, V]):
    """Asks for up to `most` different things of one `kind` at once, in up to `at_once` round trips side by side."""

    def __init__(
        self,
        answer: Callable[[Sequence[K]], Awaitable[Sequence[V]]],
        *,
        most: int,
        at_once: int = 1,
        kind: Callable[[K], Hashable] = _any,
    ) -> None:
        self._answer, self._most, self._at_once, self._kind = answer, most, at_once, kind
        self._waiting: dict[K, list[asyncio.Future[V]]] = defaultdict(list)
        self._under_way = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, key: K) -> V:
        """The answer; what the round trip raises is raised to everybody it was for."""
        mine: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(mine)
        if self._under_way < self._at_once:
            self._under_way += 1
            task = asyncio.create_task(self._ask_until_none_waits())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await mine

    async def _ask_until_none_waits(self) -> None:
        try:
            while self._waiting:
                await self._round()
        finally:
            self._under_way -= 1

    async def _round(self) -> None:
        asked = [(key, self._waiting.pop(key)) for key in self._next()]
        try:
            found = await self._answer([key for key, _ in asked])
        except Exception as error:  # whatever it is, everybody who asked hears of it
            for mine in _waiting(asked):
                mine.set_exception(error)
        except BaseException:
            for mine in _waiting(asked):
                mine.cancel()
            raise
        else:
            for answer, each in zip(found, asked, strict=True):
                for mine in _waiting([each]):
                    mine.set_result(answer)

    def _next(self) -> Sequence[K]:
        """Who waits longest, and others of the same kind."""
        kind = self._kind(next(iter(self._waiting)))
        return list(islice((key for key in self._waiting if self._kind(key) == kind), self._most))


def _waiting(asked: Sequence[tuple[K, Sequence[asyncio.Future[V]]]]) -> Iterator[asyncio.Future[V]]:
    """Without those whose callers have gone meanwhile."""
    return (mine for _, waiting in asked for mine in waiting if not mine.done())
