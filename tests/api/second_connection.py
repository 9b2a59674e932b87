"""Calls that ask for a connection while they hold one: as many of them at once as there are connections never end."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

CALL = "RequestResponseCycle.run_asgi"


@contextmanager
def watched() -> Iterator[list[str]]:
    """The addresses of calls that did so while the block ran, whichever api of this process they came to."""
    held: Counter[int] = Counter()
    takers: dict[int, int] = {}
    found: list[str] = []

    def out(_connection: object, record: object, _proxy: object) -> None:
        task = _call()
        if task is None:
            return
        if held[id(task)]:
            found.append(_asked(task))
        held[id(task)] += 1
        takers[id(record)] = id(task)

    def back(_connection: object, record: object) -> None:
        taker = takers.pop(id(record), None)
        if taker is not None:
            held[taker] -= 1

    event.listen(Pool, "checkout", out)
    event.listen(Pool, "checkin", back)
    try:
        yield found
    finally:
        event.remove(Pool, "checkout", out)
        event.remove(Pool, "checkin", back)


def _call() -> "asyncio.Task[Any] | None":
    """The call that is being answered, if one is."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return task if task and getattr(task.get_coro(), "__qualname__", "") == CALL else None


def _asked(task: "asyncio.Task[Any]") -> str:
    frame = getattr(task.get_coro(), "cr_frame", None)
    scope = frame.f_locals["self"].scope if frame else {}
    return f"{scope.get('method')} {scope.get('path')}"
