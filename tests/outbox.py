"""What the core has told and nobody has published yet, for tests without a relay."""

from typing import Any
from uuid import UUID

import psycopg


def told(db: psycopg.Connection[tuple[Any, ...]], event: str, aggregate_id: str | UUID) -> list[dict[str, Any]]:
    """The payloads of one aggregate's facts of a name, in their order."""
    rows = db.execute(
        "SELECT fact -> 'payload' FROM (SELECT id, convert_from(line, 'utf8')::jsonb AS fact FROM outbox) o "
        "WHERE fact ->> 'event' = %s AND fact ->> 'aggregate_id' = %s ORDER BY id",
        [event, str(aggregate_id)],
    )
    return [row[0] for row in rows]
