"""Drops events that stand in the log twice: a click's spool delivers again what it is not sure of.

The newest events of each partition are remembered. One that was recorded before what is remembered is looked up in
ClickHouse, so the window has no end: only the price of looking grows. A repeat is known by its lower offset.
"""

from collections import deque
from collections.abc import Callable
from operator import attrgetter

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.external import ExternalData

from clickhouse.sink.cuts import Partition
from clickhouse.sink.reading import Message
from clickhouse.sink.shapes import Head

REMEMBERED = 20_000  # events a partition
SECOND = len("2026-11-21T06:00:00")

ALWAYS = "9999"  # later than any second: everything is looked up

_ids = attrgetter("event_id")
_recorded = attrgetter("recorded_at")

Opened = list[tuple[Message, list[Head]]]
Lookup = Callable[[Opened], dict[tuple[str, int, str], int]]


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

    def fresh(self, opened: Opened) -> list[list[int] | None]:
        """Per message, the indexes of the lines that have not been seen, or None when all are new."""
        old = [(message, heads) for message, some in opened if (heads := self._older(message, some))]
        landed = self._lookup(old) if old else {}
        return [self._fresh(message, heads, landed) for message, heads in opened]

    def _older(self, message: Message, heads: list[Head]) -> list[Head]:
        to = self._window(message).forgotten_to
        return [head for head in heads if head.recorded_at[:SECOND] <= to]

    def _window(self, message: Message) -> Window:
        return self._windows.setdefault((message.topic, message.partition), Window())

    def _fresh(self, message: Message, heads: list[Head], landed: dict[tuple[str, int, str], int]) -> list[int] | None:
        window, ids = self._window(message), set(map(_ids, heads))
        known = window.knows(ids)
        if landed:
            place = (message.topic, message.partition)
            known |= {each for each in ids if landed.get((*place, each), message.offset) < message.offset}
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


def lowest_offsets(client: Client, old: Opened) -> dict[tuple[str, int, str], int]:
    """Where some events have landed: the lowest offset by topic, partition and id."""
    heads = [head for _, some in old for head in some]
    seconds = sorted(head.recorded_at[:SECOND] for head in heads)
    ids = ExternalData(file_name="old.tsv", fmt="TSV", structure=["id UUID"], data="\n".join(map(_ids, heads)).encode())
    found = client.query(
        "SELECT topic, partition, toString(event_id), min(offset) FROM events "
        "WHERE recorded_at >= parseDateTime64BestEffort({low:String}, 3, 'UTC') "
        "AND recorded_at < parseDateTime64BestEffort({high:String}, 3, 'UTC') + INTERVAL 1 SECOND "
        "AND event_id IN (SELECT id FROM old) GROUP BY topic, partition, event_id",
        {"low": seconds[0], "high": seconds[-1]},
        external_data=ids,
    )
    return {(topic, partition, each): offset for topic, partition, each, offset in found.result_rows}
