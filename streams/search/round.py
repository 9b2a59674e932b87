"""Up to where the index is complete: what had changed at a cut is sent, then the cut is told (R-API-15)."""

import time
from collections.abc import Iterable

from streams.reducers import Reducers
from streams.views import Published

TOPICS = ("sellers", "catalog", "inventory", "reviews")
"""Units sold come from the ledger; they only rank, and follow later."""
EVERY_S = 5.0


class Round:
    """A cut, and the documents that are still behind it. A new one begins when nothing is under way."""

    def __init__(self, reducers: Reducers) -> None:
        self._reducers = reducers
        self._cut: Published | None = None
        self._told: Published | None = None
        self._missing: set[str] = set()
        self._due = 0.0

    def arrived(self, keys: Iterable[str]) -> None:
        """Documents that the index has now, or that it will not take."""
        self._missing.difference_update(keys)

    def give_up(self) -> None:
        """What was sent may be lost."""
        self._cut, self._told = None, None

    def over(self, parts: Iterable[set[str]]) -> Published | None:
        """The cut that is to be told now; `parts` are documents that wait outside the tables' marks."""
        if self._cut is None:
            self._begin(parts)
        cut = self._cut
        if cut is None or self._missing or time.monotonic() < self._due:
            return None
        told, self._cut, self._told = self._told, None, cut
        self._due = time.monotonic() + EVERY_S
        return cut if cut != told else None

    def _begin(self, parts: Iterable[set[str]]) -> None:
        cut, touched = self._reducers.progress.cut(*TOPICS), self._reducers.touched
        if cut is not None:
            self._cut = Published(cut.complete_to, cut.marked_at)
            self._missing = touched.documents | touched.in_stock | touched.rated
            self._missing = self._missing.union(*parts)
