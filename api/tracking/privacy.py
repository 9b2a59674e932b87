"""Keeps what identifies a person out of clicks (R-TRK-6, R-TRK-10, R-TRK-11)."""

import re
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

MOST_QUERY, MOST_TEXT, MOST_DEPTH = 200, 500, 6

_WORDS = re.compile(r"(\s+)")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
_DIGITS = re.compile(r"\d[\d\s().-]{5,}\d")
_BOT = re.compile(r"bot|crawl|spider", re.IGNORECASE)
_TABLET = re.compile(r"ipad|tablet", re.IGNORECASE)
_PHONE = re.compile(r"mobi|iphone|android", re.IGNORECASE)
_DESKTOP = re.compile(r"windows|macintosh|x11|linux|cros", re.IGNORECASE)


def masked(text: str, limit: int = MOST_TEXT) -> str:
    """A text without e-mail addresses and long runs of digits, cut at `limit` characters; in linear time."""
    words = ("@" if "@" in word else word for word in _WORDS.split(text))
    return _DIGITS.sub("#", "".join(words))[:limit]


def clean(name: str, value: Any, depth: int = 0) -> Any:
    """A property's value with every text in it masked; what is nested too deep is left out."""
    if isinstance(value, str):
        return value if _is_id(name, value) else masked(value, MOST_QUERY if name == "query" else MOST_TEXT)
    if isinstance(value, list | dict) and depth >= MOST_DEPTH:
        return None
    if isinstance(value, list):
        return [clean(name, item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {masked(key, 64): clean(key, item, depth + 1) for key, item in value.items()}
    return value


def _is_id(name: str, value: str) -> bool:
    return name.endswith("_id") and _WORD.fullmatch(value) is not None


def path_of(page: str | None) -> str | None:
    """The path of a page's address, without host and query."""
    return masked(urlsplit(page).path) if page else None


def host_of(referrer: str | None) -> str | None:
    """The host of a referrer's address."""
    if not referrer:
        return None
    try:
        return urlsplit(referrer).hostname
    except ValueError:
        return None


def device_class(user_agent: str) -> str | None:
    """bot, tablet, mobile, desktop or other; the user agent itself is kept nowhere."""
    kinds = (("bot", _BOT), ("tablet", _TABLET), ("mobile", _PHONE), ("desktop", _DESKTOP))
    return next((kind for kind, pattern in kinds if pattern.search(user_agent)), "other") if user_agent else None


def session_of_the_day(session_id: UUID, moment: datetime, secret: str) -> UUID:
    """The session of somebody who does not want to be followed: another one every day, and no way back."""
    day = moment.date().isoformat()
    return UUID(bytes=sha256(f"{secret}|{session_id}|{day}".encode()).digest()[:16], version=4)
