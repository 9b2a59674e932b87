"""Windows of event time, and when one of them is final: pure arithmetic, no clock of the machine (R-ANA-4)."""

from datetime import UTC, datetime
from functools import lru_cache

MINUTE_S = 60
HOUR_S = 3_600
DAY_S = 86_400
GRACE_S = 60
"""How much older than its commit a fact may be: the longest that a transaction may run."""


def start_of(moment: datetime, size_s: int) -> int:
    """Start of the window that holds the moment, in seconds of the epoch."""
    seconds = int(moment.timestamp())
    return seconds - seconds % size_s


def day_of(moment: datetime) -> int:
    """Number of the UTC day since the epoch."""
    return int(moment.timestamp()) // DAY_S


def hour_of(moment: datetime) -> int:
    """Number of the hour since the epoch."""
    return int(moment.timestamp()) // HOUR_S


@lru_cache(maxsize=65_536)
def label(start: int, size_s: int) -> str:
    """A window's name in keys: its day, or its first minute in UTC; sorts as time does."""
    moment = datetime.fromtimestamp(start, UTC)
    return f"{moment:%Y-%m-%d}" if size_s >= DAY_S else f"{moment:%Y-%m-%dT%H:%MZ}"


def start_of_label(name: str) -> int:
    """The start of a window by its name, in seconds of the epoch."""
    moment = datetime.fromisoformat(name)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def is_final(start: int, size_s: int, marked_at: datetime | None) -> bool:
    """Whether the progress marks have passed the window; a later fact is a revision of it."""
    return marked_at is not None and marked_at.timestamp() >= start + size_s + GRACE_S
