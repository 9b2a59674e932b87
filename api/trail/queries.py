"""Pages of the trail."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.pagination import Keyset, Slice
from api.platform import audit_trail
from api.trail.schemas import ActionsWanted


async def actions(conn: AsyncConnection, wanted: ActionsWanted, *, secret: str) -> Slice:
    """One page of calls, newest first; CursorInvalid for a cursor of another list."""
    row = audit_trail.c
    keyset = Keyset(secret, "-created_at", row.created_at, row.id, wanted.filters)
    equal = {
        row.actor_id: wanted.actor_id, row.object_id: wanted.object_id, row.object_type: wanted.object_type,
        row.action: wanted.action,
    }  # fmt: skip
    statement = select(audit_trail).where(*(column == value for column, value in equal.items() if value))
    if wanted.since:
        statement = statement.where(row.created_at >= wanted.since)
    if wanted.until:
        statement = statement.where(row.created_at < wanted.until)
    return await keyset.read(conn, statement, wanted)
