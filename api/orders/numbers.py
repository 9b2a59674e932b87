"""Order numbers that people read out: ATL-YYYYMMDD-XXXXXX."""

from datetime import datetime
from secrets import choice

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0 1 I L O U: they look or sound alike


def draw(at: datetime) -> str:
    """A number of the day of `at`; the caller draws again when it is taken."""
    return f"ATL-{at:%Y%m%d}-{''.join(choice(ALPHABET) for _ in range(6))}"
