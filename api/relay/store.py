"""The relay's side of PostgreSQL: one connection that holds the leader's lock, reads the outbox and settles it."""

from collections.abc import Mapping, Sequence
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from api.relay.lines import Row

LEADER_LOCK = 0x41544C5245  # "ATLRE", one per database

Partition = tuple[str, int]
Positions = Mapping[Partition, int]

_FETCH: LiteralString = """
    SELECT id, tx, (extract(epoch FROM recorded_at) * 1000)::bigint, topic, partition, line
    FROM outbox ORDER BY id LIMIT %s
"""
_CUT: LiteralString = """
    SELECT least(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, (SELECT min(tx) FROM outbox))
"""
_MOVE: LiteralString = """
    INSERT INTO relay_positions (topic, partition, next_offset)
    SELECT * FROM unnest(%s::text[], %s::int[], %s::bigint[])
    ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""
_WAITING: LiteralString = """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0)::float8
    FROM (SELECT recorded_at FROM outbox ORDER BY id LIMIT %s) AS oldest
"""


class Store:
    """The outbox as the relay sees it. Every method may raise psycopg.OperationalError: the lock is gone then."""

    def __init__(self, dsn: str) -> None:
        options = "-c statement_timeout=60s -c lock_timeout=5s -c timezone=UTC"
        self._connection: psycopg.Connection[TupleRow] = psycopg.connect(
            dsn, autocommit=True, options=options, connect_timeout=5, application_name="atlantic-relay"
        )

    def lead(self) -> bool:
        """Take the leader's lock, or tell that another relay holds it. It goes with the connection."""
        return bool(self._one("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,))[0])

    def fetch(self, limit: int) -> list[Row]:
        """The oldest committed rows, by id: per aggregate that is the order in which things happened."""
        with self._connection.cursor(binary=True) as cursor:
            return [Row._make(found) for found in cursor.execute(_FETCH, (limit,))]

    def settle(self, ids: Sequence[int], positions: Positions) -> None:
        """Forget published rows and note up to where Kafka holds them, in one transaction."""
        with self._connection.transaction():
            self._connection.execute("DELETE FROM outbox WHERE id = ANY(%s)", (list(ids),))
            self._move(positions)

    def settle_found(self, event_ids: Sequence[UUID], positions: Positions) -> int:
        """As `settle`, for events that were found in the log; gives how many of them still waited."""
        with self._connection.transaction():
            gone = self._connection.execute("DELETE FROM outbox WHERE event_id = ANY(%s)", (list(event_ids),))
            self._move(positions)
        return gone.rowcount

    def _move(self, positions: Positions) -> None:
        topics, partitions = [topic for topic, _ in positions], [partition for _, partition in positions]
        self._connection.execute(_MOVE, (topics, partitions, list(positions.values())))

    def positions(self) -> dict[Partition, int]:
        """The offset after the last settled message, per topic (with prefix) and partition."""
        rows = self._connection.execute("SELECT topic, partition, next_offset FROM relay_positions")
        return {(topic, partition): offset for topic, partition, offset in rows}

    def cut(self) -> int:
        """X: the lowest transaction id that still runs or still waits in the outbox, in one snapshot."""
        return int(self._one(_CUT)[0])

    def waiting(self, at_most: int) -> tuple[int, float]:
        """How many rows wait (counted up to `at_most`) and the age of the oldest in seconds."""
        count, oldest_s = self._one(_WAITING, (at_most,))
        return int(count), float(oldest_s)

    def _one(self, query: LiteralString, parameters: tuple[int, ...] = ()) -> TupleRow:
        (row,) = self._connection.execute(query, parameters)
        return row

    def close(self) -> None:
        """Close the connection; the lock goes with it."""
        self._connection.close()
