"""The relay's side of PostgreSQL: one connection that holds the leader's lock, reads the outbox and settles it."""

from collections.abc import Collection, Mapping, Sequence
from typing import LiteralString, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from api.relay.lines import Row
from api.timeline.belonging import Claims
from api.timeline.packing import pack
from api.timeline.statements import RELAYED

LEADER_LOCK = 0x41544C5245  # "ATLRE", one per database

Partition = tuple[str, int]
Positions = Mapping[Partition, int]

_COLUMNS: LiteralString = "id, tx, (extract(epoch FROM recorded_at) * 1000)::bigint, topic, partition, line"
_FETCH: LiteralString = f"SELECT {_COLUMNS} FROM outbox ORDER BY id LIMIT %s"  # noqa: S608 - columns of this module
_FIND: LiteralString = f"SELECT {_COLUMNS} FROM outbox WHERE event_id = ANY(%s) ORDER BY id"  # noqa: S608 - columns of this module
_CUT: LiteralString = """
    SELECT least(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, (SELECT min(tx) FROM outbox))
"""
_SETTLE: LiteralString = """
    WITH gone AS (DELETE FROM outbox WHERE id = ANY(%s)),
    kept AS (
        INSERT INTO order_facts (order_id, id, tx, recorded_at, lines)
        SELECT k.order_id, k.id, k.tx, to_timestamp(k.recorded_ms / 1000.0), k.lines
        FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %b::bytea[])
            AS k (order_id, id, tx, recorded_ms, lines)
    )
    INSERT INTO relay_positions (topic, partition, next_offset)
    SELECT * FROM unnest(%s::text[], %s::int[], %s::bigint[])
    ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""
_WAITING: LiteralString = """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0)::float8
    FROM (SELECT recorded_at FROM outbox ORDER BY id LIMIT %s) AS oldest
"""


class Kept(NamedTuple):
    """A row of order_facts: facts of an order that one transaction told; `id` is the first one's in the outbox."""

    order_id: str
    id: int
    tx: int
    recorded_ms: int
    lines: bytes


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
        return self._rows(_FETCH, limit)

    def _rows(self, query: LiteralString, parameter: object) -> list[Row]:
        with self._connection.cursor(binary=True) as cursor:
            return [Row._make(found) for found in cursor.execute(query, (parameter,))]

    def kept(self, rows: Sequence[Row]) -> list[Kept]:
        """What of the rows stays with orders (E-ORD-12), by order and transaction."""
        found: dict[tuple[str, int], list[Row]] = {}
        claims = Claims(rows)
        for row, order_id in zip(rows, claims.orders(self._orders(claims.hints)), strict=True):
            if order_id:
                found.setdefault((order_id, row.tx), []).append(row)
        return [
            Kept(order_id, told[0].id, tx, told[0].recorded_ms, pack(row.line for row in told))
            for (order_id, tx), told in found.items()
        ]

    def settle(self, ids: Sequence[int], kept: Sequence[Kept], positions: Positions) -> None:
        """Forget published rows, keep what stays, note up to where Kafka holds them: in one statement."""
        places = [(topic, partition, offset) for (topic, partition), offset in positions.items()]
        columns = [*_columns(kept, Kept._fields), *_columns(places, ("topic", "partition", "next_offset"))]
        self._connection.execute(_SETTLE, [list(ids), *columns])

    def settle_found(self, event_ids: Sequence[UUID], positions: Positions) -> int:
        """As `settle`, for events that were found in the log; gives how many of them still waited."""
        rows = self._rows(_FIND, list(event_ids))
        self.settle([row.id for row in rows], self.kept(rows), positions)
        return len(rows)

    def _orders(self, ids: Collection[str]) -> dict[str, str]:
        if not ids:
            return {}
        return dict(self._connection.execute(RELAYED, {"ids": list(ids)}))

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


def _columns(rows: Sequence[tuple[object, ...]], names: Sequence[str]) -> list[list[object]]:
    """Rows as one list a column; empty lists when there are none."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in names]
