"""What becomes due although nothing happens: pure, in event time; a start arms it again from the stored rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush


class Timers:
    """When each key is looked at next. A later moment than the known one waits until that one is over.

    So a key has one entry however often its moment moves on; whoever is told of a key judges by its row.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._next: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._next)

    def arm(self, key: str, moment: datetime) -> None:
        """Look at a key at a moment, or sooner."""
        known = self._next.get(key)
        if known is None or moment < known:
            self._next[key] = moment
            heappush(self._heap, (moment, key))

    def load(self, moments: Iterable[tuple[str, datetime]]) -> None:
        """Begin anew."""
        self._next = dict(moments)
        self._heap = [(moment, key) for key, moment in self._next.items()]
        heapify(self._heap)

    @property
    def earliest(self) -> datetime | None:
        """When a key is looked at next."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: datetime) -> Iterator[str]:
        """The keys whose moment has come, each handed out once; what is armed meanwhile may come too."""
        while self._heap and self._heap[0][0] <= now:
            moment, key = heappop(self._heap)
            if self._next.get(key) == moment:
                del self._next[key]
                yield key
