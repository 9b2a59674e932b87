"""Hears the statements that this process sends, and says of which tables one would read all rows."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

IN_ITS_PLACE = "SELECT jti FROM revoked_tokens"
FEW = {"categories", "outbox", "sellers", "shipping_rates"}
"""Tables that may be read whole: they are small in every shop, or, as the outbox, while nothing is wrong."""


class Sent(NamedTuple):
    """A statement, and its values."""

    statement: str
    values: Any


@contextmanager
def listening(hear: Callable[[Sent], None]) -> Iterator[None]:
    """The statements that are sent while the block runs, but those in Redis' place: it may be late beside others."""

    def note(*call: Any) -> None:
        if not call[2].startswith(IN_ITS_PLACE):
            hear(Sent(call[2], call[3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def heard() -> Iterator[list[str]]:
    """Their words alone."""
    statements: list[str] = []
    with listening(lambda sent: statements.append(sent.statement)):
        yield statements


def read_whole(db: psycopg.Connection[Any], sent: Sent) -> Iterator[str]:
    """The tables, of those that grow, of which a statement reads all rows, however many there are.

    A page of a list follows an index from its beginning. A hashed part stands beside the same by an index: which is
    taken follows from how many rows there are.
    """
    with db.transaction(), psycopg.ClientCursor(db) as cursor:
        for other in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{other} = off".encode())
        found = cursor.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {sent.statement}".encode(), sent.values).fetchall()
    hashed = set(re.findall(r"hashed (SubPlan \d+)", str(found)))
    tables = _unbounded(found[0][0][0]["Plan"], hashed | _partial(db), paged=False)
    yield from (table for table in tables if table not in FEW)


def _unbounded(node: dict[str, Any], excused: set[str], *, paged: bool) -> Iterator[str]:
    kind = node["Node Type"]
    paged = kind == "Limit" or (paged and kind != "Sort")
    followed = "Index Name" in node and (paged or "Index Cond" in node or node["Index Name"] in excused)
    if kind == "Seq Scan" or ("Index Name" in node and "Relation Name" in node and not followed):
        yield node["Relation Name"]
    for part in node.get("Plans", ()):
        if part.get("Subplan Name") not in excused:
            yield from _unbounded(part, excused, paged=paged)


def _partial(db: psycopg.Connection[Any]) -> set[str]:
    """The indexes that hold some rows of their table."""
    found = db.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
    return {name for (name,) in found}
