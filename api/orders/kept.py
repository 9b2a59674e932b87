"""What several reactions need of one order is read once, while their transaction holds its lock.

Only for transactions that change an order by `service/lifecycle` alone, which keeps the row that it has written.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

Rows = Sequence[Row[Any]]


class Kept(NamedTuple):
    """Orders that a transaction has locked, and their lines."""

    connection: AsyncConnection
    orders: dict[UUID, Row[Any]]
    lines: dict[UUID, Rows]


_kept: ContextVar[Kept | None] = ContextVar("kept", default=None)


@contextmanager
def keeping(connection: AsyncConnection) -> Iterator[None]:
    """Within the block, a transaction on this connection, each order is locked and read once."""
    token = _kept.set(Kept(connection, {}, {}))
    try:
        yield
    finally:
        _kept.reset(token)


def _of(connection: AsyncConnection) -> Kept | None:
    kept = _kept.get()
    return kept if kept and kept.connection is connection else None


def order(connection: AsyncConnection, order_id: UUID) -> Row[Any] | None:
    """An order as this transaction knows it; None when it has to be read."""
    kept = _of(connection)
    return kept.orders.get(order_id) if kept else None


def lines(connection: AsyncConnection, order_id: UUID) -> Rows | None:
    """Its lines; None when they have to be read."""
    kept = _of(connection)
    return kept.lines.get(order_id) if kept else None


def keep(connection: AsyncConnection, row: Row[Any]) -> Row[Any]:
    """Remember an order's row that was locked or written; gives it."""
    if kept := _of(connection):
        kept.orders[row.id] = row
    return row


def keep_lines(connection: AsyncConnection, order_id: UUID, rows: Rows) -> Rows:
    """Remember an order's lines; gives them."""
    if kept := _of(connection):
        kept.lines[order_id] = rows
    return rows
