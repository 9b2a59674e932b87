"""The log as the reactor may see it: each aggregate's facts in their order, aggregates in any, all repeatable."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from api.reactions import NAMES
from streams.events import Envelope
from streams.events.codec import decode_header, with_payload
from streams.events.registry import DEAD_LETTER_TOPIC

_TAKE = "WITH gone AS (DELETE FROM outbox RETURNING id, topic, line) SELECT topic, line FROM gone ORDER BY id"
_STAMP = b',"tx":1,"recorded_at":"2026-01-01T00:00:00Z"}'

Place = tuple[str, UUID]


class Log:
    """What was told so far, and how far the reactor has come in it."""

    def __init__(self) -> None:
        self._seqs: dict[Place, int] = {}
        self._facts: dict[Place, list[Envelope]] = {}
        self._done: dict[Place, int] = {}
        self.told: list[tuple[str, UUID, int]] = []

    def take(self, db: psycopg.Connection[Any]) -> None:
        """Publish what stands in the outbox: an aggregate's facts are numbered without a gap."""
        for topic, line in db.execute(_TAKE).fetchall():
            if topic == DEAD_LETTER_TOPIC:
                raise AssertionError(f"a dead letter: {bytes(line)!r}")
            head = decode_header(bytes(line)[:-1] + _STAMP)
            place = (topic, head.aggregate_id)
            before = self._seqs.get(place, head.aggregate_seq - 1)
            assert head.aggregate_seq == before + 1, f"{head.event} is {head.aggregate_seq} after {before}"
            self._seqs[place] = head.aggregate_seq
            self.told.append((head.event, head.aggregate_id, head.aggregate_seq))
            if head.event in NAMES:
                self._facts.setdefault(place, []).append(with_payload(head))

    def waiting(self) -> list[Place]:
        """Where there are facts that the reactor has not handled, the oldest place first."""
        return [place for place, facts in self._facts.items() if self._done.get(place, 0) < len(facts)]

    def handled(self) -> list[Place]:
        """Where there are facts that may come again."""
        return [place for place, done in self._done.items() if done]

    def next(self, place: Place) -> Envelope:
        """The fact whose turn it is."""
        return self._facts[place][self._done.get(place, 0)]

    def done(self, place: Place) -> None:
        """The reactor has handled it."""
        self._done[place] = self._done.get(place, 0) + 1

    def last(self, place: Place, count: int) -> Sequence[Envelope]:
        """The last facts that were handled, in their order: a reactor that was killed reads them again."""
        done = self._done[place]
        return self._facts[place][max(done - count, 0) : done]
