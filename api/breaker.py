"""When another party is not asked any more: a circuit breaker over its last calls (R-PAY-4). With a clock of its own.

The kept libraries open after failures in a row only; a gateway that fails every second call would never trip them.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple


class Limits(NamedTuple):
    """`failures` in a row, or half of `calls` within `window_s`, open it; `rest_s` later one trial is let through."""

    failures: int = 5
    calls: int = 20
    window_s: float = 30.0
    rest_s: float = 30.0


class Breaker:
    """Closed: everything passes. Open: nothing does. Half-open: one trial, whose outcome closes or opens it again."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._last: deque[tuple[float, bool]] = deque(maxlen=limits.calls)
        self._in_a_row = 0
        self._opened_at: float | None = None
        self._on_trial = False

    @property
    def open(self) -> bool:
        """Whether calls are refused, the trial's aside."""
        return self._opened_at is not None

    @property
    def wait_s(self) -> float:
        """How long until the next trial; 0 when a call may be made now."""
        if self._opened_at is None:
            return 0.0
        rest = self._opened_at + self._limits.rest_s - self._clock()
        return max(rest, 1.0 if self._on_trial else 0.0)

    def enter(self) -> bool:
        """Let one caller in; False when the other side rests or is on trial. Whoever got in has to `leave`."""
        if self.wait_s > 0:
            return False
        self._on_trial = self.open
        return True

    def leave(self) -> None:
        """The caller is done; one that made no call leaves the trial to the next."""
        self._on_trial = False

    def note(self, *, answered: bool) -> None:
        """Count a call: whether the other side answered it, whatever it said."""
        self._last.append((self._clock(), answered))
        self._in_a_row = 0 if answered else self._in_a_row + 1
        if answered and self.open:
            self._close()
        elif not answered and (self.open or self._too_many()):
            self._opened_at = self._clock()

    def _too_many(self) -> bool:
        if self._in_a_row >= self._limits.failures:
            return True
        recent = [answered for at, answered in self._last if at > self._clock() - self._limits.window_s]
        return len(recent) == self._limits.calls and recent.count(False) * 2 >= len(recent)

    def _close(self) -> None:
        self._opened_at, self._in_a_row = None, 0
        self._last.clear()
