"""Reads a whole column of moments or dates at once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

WIDTH = 27  # 2026-11-21T06:01:44.123456Z
ENDINGS = {20: ".000000Z", 24: "000Z"}  # what a shorter writing lacks instead of its Z
DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 22, 23, 24, 25]
MARKS = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: ".", 26: "Z"}
DATE_CODE = np.array([10**power for power in range(7, -1, -1)], dtype=np.int32)
OF_DAY = np.array([36_000_000, 3_600_000, 600_000, 60_000, 10_000, 1000, 100, 10, 1], dtype=np.int32)
LIMITS = ((8, 24), (10, 60), (12, 60))
EPOCH = date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000

Numbers = NDArray[np.int64]


def milliseconds(values: Sequence[str]) -> Numbers:
    """Milliseconds since 1970 of moments written as RFC 3339; ValueError for what is none or names no offset."""
    try:
        return _all_in_utc(values)
    except ValueError:
        return np.array([_single(value) for value in values], dtype=np.int64)


def _single(value: str) -> int:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"the moment {value} names no offset from UTC")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _all_in_utc(values: Sequence[str]) -> Numbers:
    raw = "".join([value if len(value) == WIDTH else _full(value) for value in values]).encode("ascii")
    letters = np.frombuffer(raw, "u1").reshape(-1, WIDTH)
    if any((letters[:, place] != ord(mark)).any() for place, mark in MARKS.items()):
        raise ValueError("a moment is not written YYYY-MM-DDTHH:MM:SS.ffffffZ")
    figures = letters[:, DIGITS] - np.uint8(ord("0"))  # what is no digit wraps around to more than 9
    if (figures > 9).any() or any((figures[:, p] * 10 + figures[:, p + 1] >= most).any() for p, most in LIMITS):
        raise ValueError("a moment has no such digits or no such time of day")
    whole: Numbers = _days(figures[:, :8]) * DAY_MS + figures[:, 8:17] @ OF_DAY
    return whole


def _full(value: str) -> str:
    return value[:-1] + ENDINGS[len(value)] if len(value) in ENDINGS and value.endswith("Z") else _refuse(value)


def _refuse(value: str) -> str:
    raise ValueError(f"{value[:40]} is no moment in UTC to the second, millisecond or microsecond")


def days(values: Sequence[str]) -> NDArray[np.int32]:
    """Days since 1970 of dates written YYYY-MM-DD."""
    known = {value: date.fromisoformat(value).toordinal() - EPOCH for value in set(values)}
    return np.array([known[value] for value in values], dtype="<i4")


def _days(figures: NDArray[np.uint8]) -> Numbers:
    distinct, place = np.unique(figures @ DATE_CODE, return_inverse=True)
    known = [date(int(c) // 10_000, int(c) // 100 % 100, int(c) % 100).toordinal() - EPOCH for c in distinct]
    return np.array(known, dtype=np.int64)[place]
