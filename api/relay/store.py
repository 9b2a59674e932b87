"""The relay's side of PostgreSQL: one connection that holds the leader's lock, reads the outbox and settles it.

What was published is settled by the statement that reads what came after it: a relay that dies before that leaves it to
the next one, as if it had died between Kafka's acknowledgement and a statement of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import LiteralString, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from api.relay.lines import Row
from api.relay.pace import FEW
from api.timeline.belonging import Claims
from api.timeline.packing import pack
from api.timeline.statements import RELAYED

LEADER_LOCK = 0x41544C5245  # "ATLRE", one per database

Partition = tuple[str, int]
Positions = Mapping[Partition, int]

MESSAGES = "notifications"
# A message names its order in what it is made of; a line that names no message is nobody's.
_COLUMNS: LiteralString = """
    o.id, o.tx, (extract(epoch FROM o.recorded_at) * 1000)::bigint, o.topic, o.partition, o.line,
    CASE o.topic WHEN 'notifications' THEN (
        SELECT n.data ->> 'order_id'
        FROM encode(substring(o.line FROM position('"aggregate_id":"' IN o.line) + 16 FOR 36), 'escape') AS a (id)
        JOIN notifications n ON n.id = CASE WHEN pg_input_is_valid(a.id, 'uuid') THEN a.id::uuid END) END
"""
_FETCH: LiteralString = f"SELECT {_COLUMNS} FROM outbox o ORDER BY o.id LIMIT %s"  # noqa: S608 - columns of this module
_FIND: LiteralString = f"SELECT {_COLUMNS} FROM outbox o WHERE o.event_id = ANY(%s) ORDER BY o.id"  # noqa: S608 - columns of this module
_SETTLED: LiteralString = """
    WITH gone AS (DELETE FROM outbox WHERE id = ANY(%(ids)s)),
    kept AS (
        INSERT INTO order_facts (order_id, id, tx, recorded_at, lines)
        SELECT k.order_id, k.id, k.tx, to_timestamp(k.recorded_ms / 1000.0), k.lines
        FROM unnest(%(order_id)s::uuid[], %(id)s::bigint[], %(tx)s::bigint[], %(recorded_ms)s::bigint[],
                    %(lines)b::bytea[]) AS k (order_id, id, tx, recorded_ms, lines)
    ), noted AS (
        INSERT INTO relay_positions (topic, partition, next_offset)
        SELECT * FROM unnest(%(topic)s::text[], %(partition)s::int[], %(next_offset)s::bigint[])
        ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
    )
"""
_SETTLE: LiteralString = f"{_SETTLED} SELECT"
# One snapshot sees what `gone` deletes.
_SETTLE_AND_FETCH: LiteralString = (
    f"{_SETTLED} SELECT {_COLUMNS} FROM outbox o WHERE o.id <> ALL(%(ids)s) ORDER BY o.id LIMIT %(limit)s"  # noqa: S608 - columns of this module
)
_LAG: LiteralString = """
    SELECT least(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, (SELECT min(tx) FROM outbox)),
           count(*), coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0)::float8
    FROM (SELECT recorded_at FROM outbox ORDER BY id LIMIT %s) AS oldest
"""


class Kept(NamedTuple):
    """A row of order_facts: facts of an order that one transaction told; `id` is the first one's in the outbox."""

    order_id: str
    id: int
    tx: int
    recorded_ms: int
    lines: bytes


class Lag(NamedTuple):
    """X, the lowest transaction id that still runs or still waits; how many rows wait; seconds since the oldest."""

    complete_to: int
    waiting: int
    oldest_s: float


class Store:
    """The outbox as the relay sees it. Every method may raise psycopg.OperationalError: the lock is gone then."""

    def __init__(self, dsn: str) -> None:
        options = "-c statement_timeout=60s -c lock_timeout=5s -c timezone=UTC"
        self._connection: psycopg.Connection[TupleRow] = psycopg.connect(
            dsn, autocommit=True, options=options, connect_timeout=5, application_name="atlantic-relay"
        )
        self._published: dict[str, object] | None = None

    def lead(self) -> bool:
        """Take the leader's lock, or tell that another relay holds it. It goes with the connection."""
        return bool(self._one("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,))[0])

    def fetch(self, limit: int) -> list[Row]:
        """The oldest committed rows that are not published, by id: per aggregate the order in which things happened.

        What was `published` is settled first, or by the same statement.
        """
        if self._published is None:
            return self._rows(_FETCH, (limit,))
        settled, self._published = self._published, None
        return self._rows(_SETTLE_AND_FETCH, {**settled, "limit": limit})

    def _rows(self, query: LiteralString, parameters: Sequence[object] | Mapping[str, object]) -> list[Row]:
        with self._connection.cursor(binary=True) as cursor:
            return [Row._make(found) for found in cursor.execute(query, parameters)]

    def kept(self, rows: Sequence[Row]) -> list[Kept]:
        """What of the rows stays with orders (E-ORD-12), by order and transaction."""
        found: dict[tuple[str, int], list[Row]] = {}
        for row, order_id in zip(rows, self._orders(rows), strict=True):
            if order_id:
                found.setdefault((order_id, row.tx), []).append(row)
        return [
            Kept(order_id, told[0].id, tx, told[0].recorded_ms, pack(row.line for row in told))
            for (order_id, tx), told in found.items()
        ]

    def published(self, rows: Sequence[Row], kept: Sequence[Kept], positions: Positions) -> None:
        """Kafka holds these rows, up to these positions; they are settled at the latest by the next `fetch`.

        To settle is to forget the rows, to keep what stays, and to note the positions, in one statement.
        """
        places = [(topic, partition, offset) for (topic, partition), offset in positions.items()]
        self.settle()
        self._published = {
            "ids": [row.id for row in rows],
            **_columns(kept, Kept._fields),
            **_columns(places, ("topic", "partition", "next_offset")),
        }
        if len(rows) > FEW:  # more would make the filter of the next look long
            self.settle()

    def settle(self) -> None:
        """Settle what was published; nothing when that is done."""
        if self._published is not None:
            settled, self._published = self._published, None
            self._connection.execute(_SETTLE, settled)

    def settle_found(self, event_ids: Sequence[UUID], positions: Positions) -> int:
        """As `published`, for events that were found in the log; gives how many of them still waited."""
        rows = self._rows(_FIND, (list(event_ids),))
        self.published(rows, self.kept(rows), positions)
        self.settle()
        return len(rows)

    def _orders(self, rows: Sequence[Row]) -> Iterator[str | None]:
        claims = Claims(row for row in rows if row.topic != MESSAGES)
        found = self._connection.execute(RELAYED, {"ids": list(claims.hints)}) if claims.hints else ()
        known = iter(claims.orders(dict(found)))
        return (row.message_of if row.topic == MESSAGES else next(known) for row in rows)

    def positions(self) -> dict[Partition, int]:
        """The offset after the last settled message, per topic (with prefix) and partition."""
        rows = self._connection.execute("SELECT topic, partition, next_offset FROM relay_positions")
        return {(topic, partition): offset for topic, partition, offset in rows}

    def lag(self, at_most: int) -> Lag:
        """How far the log is behind, in one snapshot; rows are counted up to `at_most`."""
        complete_to, waiting, oldest_s = self._one(_LAG, (at_most,))
        return Lag(int(complete_to), int(waiting), float(oldest_s))

    def _one(self, query: LiteralString, parameters: tuple[int, ...] = ()) -> TupleRow:
        (row,) = self._connection.execute(query, parameters)
        return row

    def close(self) -> None:
        """Close the connection; the lock goes with it."""
        self._connection.close()


def _columns(rows: Sequence[tuple[object, ...]], names: Sequence[str]) -> dict[str, list[object]]:
    """Rows as one list a column, by name; empty lists when there are none."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
