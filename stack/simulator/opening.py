"""The way to a crowd: first its words are learnt, then what speaks them is imported."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from stack.simulator.scene import Scene
from stack.simulator.speech import learn

if TYPE_CHECKING:
    from stack.simulator.crowd import Crowd


@asynccontextmanager
async def crowd(scene: Scene, tally: Counter[str] | None = None) -> "AsyncIterator[Crowd]":
    """A crowd at the scene, its connections open; httpx2.HTTPError when no API answers, ValueError without a client."""
    await asyncio.to_thread(learn, scene.api)
    from stack.simulator.crowd import Crowd  # noqa: PLC0415 - what it imports was generated just now
    from stack.simulator.people import Lines  # noqa: PLC0415 - likewise

    async with Lines(scene.api) as lines:
        yield Crowd(scene, lines, Counter() if tally is None else tally)
