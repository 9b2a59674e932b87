"""The core's side of the books: the ledger's lines below a cut, summed into cells by PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from audit.cells import PLATFORM, Amounts, Cell

CONNECT_SECONDS = 5
ANSWER_MS = 60_000

LINES = """
SELECT coalesce(l.seller_id, %(platform)s), e.currency, e.kind || ' ' || l.account,
       (e.occurred_at AT TIME ZONE 'UTC')::date,
       sum(l.debit_minor)::bigint, sum(l.credit_minor)::bigint, coalesce(sum(l.units), 0)::bigint
FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id
WHERE e.tx < %(cut)s
GROUP BY 1, 2, 3, 4
"""

Connection = psycopg.Connection[tuple[Any, ...]]


@contextmanager
def connected(dsn: str) -> Iterator[Connection]:
    """A connection that can only read; raises psycopg.Error when PostgreSQL does not answer."""
    limits = f"-c default_transaction_read_only=on -c statement_timeout={ANSWER_MS}"
    with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_SECONDS, options=limits) as connection:
        yield connection


def lines(connection: Connection, cut: int) -> dict[Cell, Amounts]:
    """Debit, credit and units of every cell of the entries with tx below the cut; the account with its entry's kind."""
    rows = connection.execute(LINES, {"cut": cut, "platform": PLATFORM})
    return {Cell(*row[:4]): tuple(row[4:]) for row in rows}
