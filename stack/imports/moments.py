"""Reads the dates that the data sets publish, all of them UTC."""

import re
from datetime import UTC, datetime
from functools import lru_cache

YEARS = range(1970, 2100)  # what ids and the warehouse can hold
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")


@lru_cache(maxsize=200_000)
def moment(text: str) -> datetime:
    """`2009-12-01 07:45:00` (also with T, fractions, Z or UTC) or `12/1/2010 8:26` (month first, also `12/1/10`).

    ValueError for anything else, and for years that nothing can be booked in.
    """
    read = _read(text.strip())
    if read.year not in YEARS:
        raise ValueError(text)
    return read


def _read(text: str) -> datetime:
    if match := _MONTH_FIRST.fullmatch(text):
        month, day, year, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year + 2000 if year < 100 else year, month, day, hour, minute, second, tzinfo=UTC)
    read = datetime.fromisoformat(text.removesuffix(" UTC").removesuffix("UTC"))
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
