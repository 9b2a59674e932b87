"""Visits of other systems as session ids."""

from datetime import UTC, datetime
from uuid import UUID

from api import ids

_EPOCH = datetime(2019, 1, 1, tzinfo=UTC)


def session_id(session: str) -> UUID:
    """A session's own id when its text is a UUID, else one derived from the text."""
    try:
        return UUID(session)
    except ValueError:
        return ids.derived(_EPOCH, "session", session)
