"""How far the log was read: the last progress mark of every partition, and the cut that follows from them."""

from datetime import datetime

import msgspec

from streams.events.partitions import PARTITIONS
from streams.events.progress import ProgressMarked
from streams.reading import Place
from streams.tables import Table


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Every fact with `tx < complete_to` stands before position `at` of the partition."""

    at: int
    complete_to: int
    marked_at: datetime


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """Complete up to a transaction, as of a moment."""

    complete_to: int
    marked_at: datetime


class Progress:
    """The marks; flushed after all other tables, so that a stored mark never runs ahead of what it vouches for."""

    def __init__(self) -> None:
        self.table: Table[Mark] = Table("progress", Mark, "topic|partition: the last progress mark that was read")

    def apply(self, event: ProgressMarked, place: Place) -> bool:
        """Take a mark; whether it is newer than the one known."""
        key = f"{place.topic}|{place.partition}"
        known = self.table.get(key)
        if known is not None and place.position <= known.at:
            return False
        mark = Mark(at=place.position, complete_to=event.complete_to, marked_at=event.marked_at)
        self.table.put(key, mark, place.partition)
        return True

    def marked_at(self, topic: str, partition: int) -> datetime | None:
        """When the last mark of a partition was taken."""
        mark = self.table.get(f"{topic}|{partition}")
        return mark.marked_at if mark else None

    def cut(self, *topics: str) -> Cut | None:
        """Up to where all partitions of the topics are complete; None while one of them has no mark."""
        marks = [self.table.get(f"{topic}|{number}") for topic in topics for number in range(PARTITIONS)]
        known = [mark for mark in marks if mark is not None]
        if len(known) < len(marks):
            return None
        return Cut(complete_to=min(mark.complete_to for mark in known), marked_at=min(mark.marked_at for mark in known))
