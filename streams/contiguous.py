"""Checks that no message of a partition is missing: topics of facts and clicks have no gaps."""

from collections.abc import Callable

Place = tuple[str, int]
"""Topic and partition."""


class GapError(RuntimeError):
    """Messages of a partition are missing between the last one taken and the one that came."""


class Contiguous:
    """The offset that is due in each partition; `first` tells the one after the last acknowledged message."""

    def __init__(self, first: Callable[[Place], int]) -> None:
        self._first = first
        self._due: dict[Place, int] = {}

    def forget(self) -> None:
        """Begin anew: partitions are read again from what was acknowledged."""
        self._due = {}

    def is_new(self, place: Place) -> bool:
        """Whether no message of the partition came yet."""
        return place not in self._due

    def next(self, place: Place) -> int | None:
        """The offset that is due next; None while no message of the partition came."""
        return self._due.get(place)

    def is_due(self, place: Place, offset: int) -> bool:
        """Take note of a message; False when it was taken before, GapError when messages before it are missing.

        The first message of a partition may lie before what was acknowledged: tables take what they know already
        without effect.
        """
        due = self._due.get(place)
        if offset > (self._first(place) if due is None else due):
            raise GapError(f"{place[0]}[{place[1]}]: offset {offset} came, {due or self._first(place)} was due")
        if due is not None and offset < due:
            return False
        self._due[place] = offset + 1
        return True
