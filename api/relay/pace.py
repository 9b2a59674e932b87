"""How long the relay rests between looks, and when it marks: soon while facts stand behind no promise, else seldom.

A round of marks is one message on every partition of every fact topic, kept for ever with the facts around it, so a
quiet shop writes few. Its numbers stay complete: nothing was recorded that a mark would have to promise.
"""

import time
from collections.abc import Callable, Iterable

BUSY_S = 1.0
QUIET_S = 5.0
"""Half of the age from which the dashboards say that numbers are old."""
IDLE_S, TRICKLE_S = 0.02, 0.05
FEW, MANY = 500, 20_000
"""Rows of one look. Few make it dear: what comes in the time after them goes together. A full one has more behind."""


def rest_s(published: int) -> float:
    """Seconds until the next look, after one that found so many rows."""
    if published >= MANY:
        return 0
    return TRICKLE_S if 0 < published < FEW else IDLE_S


class Pace:
    """Knows the newest published fact and what the last marks have promised."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._newest, self._complete_to = 0, 0
        self._marked_at: float | None = None

    def published(self, transactions: Iterable[int]) -> None:
        """Facts of these transactions stand in the log."""
        self._newest = max(self._newest, max(transactions, default=0))

    def marked(self, complete_to: int) -> None:
        """Marks now promise every transaction below this one."""
        self._complete_to, self._marked_at = complete_to, self._clock()

    @property
    def due(self) -> bool:
        """Whether it is time to mark. A promise may stay behind its facts for as long as an older transaction runs."""
        if self._marked_at is None:
            return True
        rest_s = BUSY_S if self._newest >= self._complete_to else QUIET_S
        return self._clock() >= self._marked_at + rest_s
