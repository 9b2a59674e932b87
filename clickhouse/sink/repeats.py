"""Drops events that stand in the log twice: a click's spool delivers again what it is not sure of.

The newest events of each partition are remembered. One that was recorded before what is remembered is looked up in
ClickHouse, so the window has no end: only the price of looking grows. A repeat is known by its lower offset.
"""

from collections import deque
from collections.abc import Callable
from operator import attrgetter

from clickhouse_connect.driver.client import Client

from clickhouse.sink.cuts import Partition
from clickhouse.sink.reading import Message
from clickhouse.sink.shapes import Head

REMEMBERED = 20_000  # events a partition
SECOND = len("2026-11-21T06:00:00")

ALWAYS = "9999"  # later than any second: everything is looked up

_ids = attrgetter("event_id")
_recorded = attrgetter("recorded_at")

Lookup = Callable[[Message, list[Head]], set[str]]


class Window:
    """The newest events of one partition, and the second up to which older ones have been forgotten."""

    def __init__(self, forgotten_to: str = "") -> None:
        self.forgotten_to = forgotten_to
        self._ids: set[str] = set()
        self._messages: deque[tuple[set[str], str]] = deque()

    def knows(self, ids: set[str]) -> set[str]:
        """Those of some events that are remembered."""
        return self._ids & ids

    def remember(self, ids: set[str], newest: str) -> None:
        """Add the events of one message; the oldest messages beyond the bound are forgotten."""
        self._ids |= ids
        self._messages.append((ids, newest))
        while len(self._ids) > REMEMBERED and len(self._messages) > 1:
            gone, recorded = self._messages.popleft()
            self._ids -= gone
            self.forgotten_to = max(self.forgotten_to, recorded)


class Repeats:
    """Says which lines of a message are new; asks `lookup` about those too old to be remembered."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._windows: dict[Partition, Window] = {}
        self.dropped = 0

    def begin(self, forgotten_to: dict[Partition, str]) -> None:
        """Forget everything; what was recorded up to a second per partition is to be looked up from now on."""
        self._windows = {place: Window(second) for place, second in forgotten_to.items()}

    def fresh(self, message: Message, heads: list[Head]) -> list[int] | None:
        """Indexes of the lines that have not been seen, or None when all are new."""
        window = self._windows.setdefault((message.topic, message.partition), Window())
        ids = set(map(_ids, heads))
        known = window.knows(ids)
        old = [head for head in heads if head.recorded_at[:SECOND] <= window.forgotten_to]
        if old:
            known |= self._lookup(message, old)
        window.remember(ids - known, max(map(_recorded, heads), default="")[:SECOND])
        if not known and len(ids) == len(heads):
            return None
        return self._first_of_each(heads, known)

    def _first_of_each(self, heads: list[Head], known: set[str]) -> list[int]:
        keep, seen = [], set(known)
        for index, head in enumerate(heads):
            if head.event_id not in seen:
                seen.add(head.event_id)
                keep.append(index)
        self.dropped += len(heads) - len(keep)
        return keep


def landed_before(client: Client, message: Message, heads: list[Head]) -> set[str]:
    """The ids of some events that have landed from lower offsets of the same partition."""
    seconds = sorted(head.recorded_at[:SECOND] for head in heads)
    found = client.query(
        "SELECT toString(event_id) FROM events WHERE topic = {topic:String} AND partition = {partition:UInt16} "
        "AND offset < {offset:Int64} AND recorded_at >= parseDateTime64BestEffort({low:String}, 3, 'UTC') "
        "AND recorded_at < parseDateTime64BestEffort({high:String}, 3, 'UTC') + INTERVAL 1 SECOND",
        {
            "topic": message.topic,
            "partition": message.partition,
            "offset": message.offset,
            "low": seconds[0],
            "high": seconds[-1],
        },
    )
    return {row[0] for row in found.result_rows} & set(map(_ids, heads))
