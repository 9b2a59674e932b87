"""Reads a whole column of moments or dates at once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

WIDTH = 27  # 2026-11-21T06:01:44.123456Z
DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
MARKS = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":"}
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
    letters = np.array(values, dtype=f"S{WIDTH + 1}").view("u1").reshape(-1, WIDTH + 1)
    figures = letters.astype(np.int64) - ord("0")
    plain = (figures[:, DIGITS] >= 0) & (figures[:, DIGITS] <= 9)
    if not plain.all() or any((letters[:, place] != ord(mark)).any() for place, mark in MARKS.items()):
        raise ValueError("a moment is not written YYYY-MM-DDTHH:MM:SS.ffffffZ")
    hours, minutes, seconds = (figures[:, p] * 10 + figures[:, p + 1] for p in (11, 14, 17))
    if (hours > 23).any() or (minutes > 59).any() or (seconds > 59).any():
        raise ValueError("a moment has no such time of day")
    whole: Numbers = _days(figures) * DAY_MS + hours * 3_600_000 + minutes * 60_000 + seconds * 1000
    return whole + _fraction(letters, figures)


def days(values: Sequence[str]) -> NDArray[np.int32]:
    """Days since 1970 of dates written YYYY-MM-DD."""
    known = {value: date.fromisoformat(value).toordinal() - EPOCH for value in set(values)}
    return np.array([known[value] for value in values], dtype="<i4")


def _days(figures: Numbers) -> Numbers:
    coded = figures[:, [0, 1, 2, 3, 5, 6, 8, 9]] @ np.array([10**power for power in range(7, -1, -1)])
    distinct, place = np.unique(coded, return_inverse=True)
    known = [date(int(c) // 10_000, int(c) // 100 % 100, int(c) % 100).toordinal() - EPOCH for c in distinct]
    return np.array(known, dtype=np.int64)[place]


def _fraction(letters: NDArray[np.uint8], figures: Numbers) -> Numbers:
    """Whole milliseconds after the second; the rest of the digits is cut off, as ClickHouse would."""
    ends = (letters == ord("Z")).argmax(axis=1)
    dotted = letters[:, 19] == ord(".")
    tail = letters[:, 20:]
    inside = np.arange(20, WIDTH + 1) < ends[:, None]
    wrong = inside & ((tail < ord("0")) | (tail > ord("9")))
    after = np.arange(WIDTH + 1) > ends[:, None]
    if wrong.any() or ((ends != 19) & ~dotted).any() or ((ends == 19) & dotted).any() or (ends < 19).any():
        raise ValueError("a moment does not end in a fraction of a second and Z")
    if (after & (letters != 0)).any():
        raise ValueError("a moment goes on after its Z")
    thousandths: Numbers = np.where(inside[:, :3], figures[:, 20:23], 0) @ np.array([100, 10, 1])
    return thousandths
