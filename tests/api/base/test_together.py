"""Questions that share a round trip."""

import asyncio
from collections.abc import Sequence

import pytest

from api.together import Together


class Asked:
    """Doubles numbers slowly, and notes what it was asked for."""

    def __init__(self) -> None:
        self.rounds: list[Sequence[int]] = []
        self.opened = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        """Answer once it is opened; ValueError for 13."""
        self.rounds.append(numbers)
        await self.opened.wait()
        if 13 in numbers:
            raise ValueError("unlucky")
        return [2 * number for number in numbers]


async def test_what_is_asked_together_is_answered_by_one_round_trip() -> None:
    """And what waits while it is under way by the next one, never by one that began before the question."""
    asked = Asked()
    together = Together(asked, most=3)
    first = [asyncio.create_task(together.ask(number)) for number in (1, 1, 2)]
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(together.ask(number)) for number in (1, 4, 5, 6)]
    await asyncio.sleep(0.01)
    assert asked.rounds == [[1, 2]]
    asked.opened.set()
    assert await asyncio.gather(*first, *later) == [2, 2, 4, 2, 8, 10, 12]
    assert asked.rounds == [[1, 2], [1, 4, 5], [6]]
    assert await together.ask(7) == 14


async def test_only_what_is_of_one_kind_shares_a_round_trip() -> None:
    """And who waits longest says of which."""
    asked = Asked()
    together = Together(asked, most=3, kind=lambda number: number % 2)
    asked.opened.set()
    numbers = (2, 1, 4, 3, 6, 8)
    assert await asyncio.gather(*map(together.ask, numbers)) == [2 * number for number in numbers]
    assert asked.rounds == [[2, 4, 6], [1, 3], [8]]


async def test_who_leaves_takes_nobody_along_and_an_error_is_told_to_its_round_alone() -> None:
    """R-NFR-7: a caller that hangs up, or a round trip that breaks, costs nobody else an answer."""
    asked = Asked()
    together = Together(asked, most=2, at_once=2)
    gone, stays, bad = (asyncio.create_task(together.ask(number)) for number in (1, 1, 13))
    await asyncio.sleep(0.01)
    good = asyncio.create_task(together.ask(3))
    await asyncio.sleep(0.01)
    gone.cancel()
    asked.opened.set()
    for broken in (stays, bad):
        with pytest.raises(ValueError, match="unlucky"):
            await broken
    assert await good == 6
    assert await together.ask(1) == 2
