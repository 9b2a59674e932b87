"""Event time: up to which moment everything that happened has been read. Timers fire by it, never by the wall alone.

A quiet log is complete up to now as long as the relay is alive, which its progress marks say; one that is being caught
up with is complete up to when its last message was written; one whose relay stands still, up to the last mark.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from streams.events.partitions import PARTITIONS

ALIVE = timedelta(seconds=7)
"""A relay marks every 5 s at the least; one that has been silent for longer may hold facts back."""
SETTLED = timedelta(seconds=10)
"""After a silence the relay first publishes what waited: its marks count again when it has been back for so long."""
SLACK = timedelta(milliseconds=300)
"""From a commit to the worker's memory: the relay's poll, Kafka, the fetch."""


class _Place(msgspec.Struct, kw_only=True):
    """Of one partition: when its last message was written, its last mark, since when those come without a silence."""

    written_at: datetime | None = None
    marked_at: datetime | None = None
    steady_since: datetime | None = None
    trusted: datetime | None = None


def _wall() -> datetime:
    return datetime.now(UTC)


class Clock:
    """What this start of the worker has read; `behind` says whether unread messages of a partition are waiting."""

    def __init__(
        self, behind: Callable[[str, int], bool] = lambda _topic, _partition: True, wall: Callable[[], datetime] = _wall
    ) -> None:
        self._behind, self.wall = behind, wall
        self._places: dict[tuple[str, int], _Place] = {}

    def forget(self) -> None:
        """Begin anew: partitions are read again."""
        self._places = {}

    def read(self, topic: str, partition: int, written_at: datetime) -> None:
        """A message was taken that was written to the log at that moment."""
        self._at(topic, partition).written_at = written_at

    def marked(self, topic: str, partition: int, marked_at: datetime, before: datetime | None = None) -> None:
        """A mark was read; `before` is that of the last one that an earlier start has read."""
        place = self._at(topic, partition)
        last = place.marked_at or before
        if last is None or marked_at - last > ALIVE:
            place.steady_since = marked_at
        elif place.steady_since is None:
            place.steady_since = last - SETTLED
        place.marked_at = marked_at
        if place.steady_since is not None and marked_at - place.steady_since >= SETTLED:
            place.trusted = marked_at

    def now(self, topics: Iterable[str]) -> datetime | None:
        """Event time over all partitions of some topics; None before it is known."""
        places = [(topic, number) for topic in topics for number in range(PARTITIONS)]
        reached = [self._reached(place) for place in places]
        known = [moment for moment in reached if moment is not None]
        return min(known) if len(known) == len(places) else None

    def _reached(self, place: tuple[str, int]) -> datetime | None:
        known = self._places.get(place)
        if known is None or known.trusted is None:
            return None
        reach = (known.written_at or known.trusted) if self._behind(*place) else self.wall()
        return reach - SLACK if reach - known.trusted <= ALIVE else known.trusted - SLACK

    def _at(self, topic: str, partition: int) -> _Place:
        return self._places.setdefault((topic, partition), _Place())
