"""Who waits for a lock in a database, so that a test lets go of it only when the others have come to it."""

import psycopg

from tests.line import eventually

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def until_somebody_waits(dsn: str, callers: int = 1) -> None:
    """Return when so many statements wait for locks; blocks, so that async tests call it in a thread."""
    with psycopg.connect(dsn, autocommit=True) as watch:
        eventually(lambda: _waiting(watch) >= callers, every=0.01)


def _waiting(watch: psycopg.Connection[tuple[int]]) -> int:
    found = watch.execute(_WAITING).fetchone()
    return found[0] if found else 0
