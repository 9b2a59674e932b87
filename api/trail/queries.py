"""What is read of the trail."""

from typing import Any

from sqlalchemy import Select, select

from api.platform import audit_trail
from api.trail.schemas import ActionsWanted


def listed(wanted: ActionsWanted) -> Select[Any]:
    """Calls of an operator, on an object, of a kind, in a time span."""
    row = audit_trail.c
    equal = {
        row.actor_id: wanted.actor_id, row.object_id: wanted.object_id, row.object_type: wanted.object_type,
        row.action: wanted.action,
    }  # fmt: skip
    statement = select(audit_trail).where(*(column == value for column, value in equal.items() if value))
    if wanted.since:
        statement = statement.where(row.created_at >= wanted.since)
    if wanted.until:
        statement = statement.where(row.created_at < wanted.until)
    return statement
