"""Pages of journal entries with their lines."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.ledger.models import journal_entries, journal_lines
from api.ledger.schemas import EntriesWanted
from api.pagination import Keyset


async def entries(
    conn: AsyncConnection, wanted: EntriesWanted, *, secret: str
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of entries, newest first, each with its `lines`; CursorInvalid for a cursor of another list."""
    entry = journal_entries.c
    keyset = Keyset(secret, "-occurred_at", entry.occurred_at, entry.id, wanted.filters)
    found = await keyset.read(conn, _filtered(wanted), wanted)
    lines = await _lines(conn, [row.id for row in found.rows])
    return [{**row._mapping, "lines": lines.get(row.id, [])} for row in found.rows], found.next_cursor


def _filtered(wanted: EntriesWanted) -> Select[Any]:
    entry, line = journal_entries.c, journal_lines.c
    equal = {entry.order_id: wanted.order_id, entry.kind: wanted.kind, entry.currency: wanted.currency}
    statement = select(journal_entries).where(*(column == value for column, value in equal.items() if value))
    if wanted.since:
        statement = statement.where(entry.occurred_at >= wanted.since)
    if wanted.until:
        statement = statement.where(entry.occurred_at < wanted.until)
    of_line = {line.account: wanted.account, line.seller_id: wanted.seller_id}
    conditions = [column == value for column, value in of_line.items() if value]
    if conditions:
        statement = statement.where(exists().where(line.entry_id == entry.id, *conditions))
    return statement


async def _lines(conn: AsyncConnection, entry_ids: Sequence[UUID]) -> dict[UUID, list[Row[Any]]]:
    line = journal_lines.c
    statement = select(journal_lines).where(line.entry_id.in_(entry_ids)).order_by(line.entry_id, line.line_no)
    found: dict[UUID, list[Row[Any]]] = {}
    for row in await conn.execute(statement):
        found.setdefault(row.entry_id, []).append(row)
    return found
