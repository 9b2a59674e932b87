"""What several reactions need of one order is read once, while their transaction holds its lock, and written once.

Only for transactions that change an order by `service/lifecycle` alone, and whose statements ask of the order's row
nothing that they have changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

Rows = Sequence[Row[Any]]


class Kept(NamedTuple):
    """Orders that a transaction has locked, their lines, and columns that are to be written at its end.

    `followed`: what follows from a confirmation takes place in the same transaction.
    """

    connection: AsyncConnection
    followed: bool
    orders: dict[UUID, Any]
    lines: dict[UUID, Rows]
    changed: dict[UUID, dict[str, Any]]

    @property
    def changes(self) -> "list[Changed]":
        """What is to be written of the orders."""
        return [Changed(order_id, columns) for order_id, columns in self.changed.items()]


_kept: ContextVar[Kept | None] = ContextVar("kept", default=None)


class Changed(NamedTuple):
    """What is to be written of an order: `assigned` is the list of an UPDATE, whose parameters are `values`."""

    order_id: UUID
    columns: Mapping[str, Any]

    @property
    def assigned(self) -> str:
        """Columns and parameters; the names are those of the table."""
        return ", ".join(f"{name} = :order_{name}" for name in sorted(self.columns))

    @property
    def values(self) -> dict[str, Any]:
        """The parameters, and `order_id`."""
        return {"order_id": self.order_id} | {f"order_{name}": value for name, value in self.columns.items()}


@contextmanager
def keeping(connection: AsyncConnection, *, followed: bool = False) -> Iterator[Kept]:
    """Within the block, a transaction on this connection, each order is locked and read once.

    What has changed of it is left to the caller to write. `followed` promises that what follows from a confirmation
    takes place in the block as well.
    """
    kept = Kept(connection, followed, {}, {}, {})
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


def _of(connection: AsyncConnection) -> Kept | None:
    kept = _kept.get()
    return kept if kept and kept.connection is connection else None


def order(connection: AsyncConnection, order_id: UUID) -> Row[Any] | None:
    """An order's row as this transaction knows it; None when it has to be read."""
    kept = _of(connection)
    known: Row[Any] | None = kept.orders.get(order_id) if kept else None
    return known


def lines(connection: AsyncConnection, order_id: UUID) -> Rows | None:
    """Its lines; None when they have to be read."""
    kept = _of(connection)
    return kept.lines.get(order_id) if kept else None


def followed(connection: AsyncConnection) -> bool:
    """Whether what follows from a confirmation takes place in the same transaction."""
    kept = _of(connection)
    return kept is not None and kept.followed


def change(connection: AsyncConnection, order: Row[Any], columns: Mapping[str, Any]) -> bool:
    """Note columns of an order that is locked; False when they have to be written at once."""
    kept = _of(connection)
    if kept is None:
        return False
    before = vars(order) if isinstance(order, SimpleNamespace) else order._mapping
    kept.orders[order.id] = SimpleNamespace(**{**before, **columns})
    kept.changed.setdefault(order.id, {}).update(columns)
    return True


def keep(connection: AsyncConnection, row: Row[Any]) -> Row[Any]:
    """Remember an order's row that was locked; gives it."""
    if kept := _of(connection):
        kept.orders[row.id] = row
    return row


def keep_lines(connection: AsyncConnection, order_id: UUID, rows: Rows) -> Rows:
    """Remember an order's lines; gives them."""
    if kept := _of(connection):
        kept.lines[order_id] = rows
    return rows
