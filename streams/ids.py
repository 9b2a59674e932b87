"""Ids of what the stream side writes: derived from what caused it, so that a second try gives the same one."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID


def derived(at: datetime, *key: object) -> UUID:
    """A UUIDv7 (RFC 9562) of `at` whose random bits are a hash of `key`: the same arguments give the same id."""
    millis = int(at.timestamp() * 1000) & (1 << 48) - 1
    noise = int.from_bytes(sha256("\x1f".join(map(str, key)).encode()).digest()[:10])
    rand_a, rand_b = noise >> 62 & 0xFFF, noise & (1 << 62) - 1
    return UUID(int=millis << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


_texts: dict[int, str] = {}
_MOST_TEXTS = 500_000


def text(value: UUID) -> str:
    """The usual form of an id, remembered: the same few thousand ids come by millions of times."""
    found = _texts.get(value.int)
    if found is None:
        if len(_texts) >= _MOST_TEXTS:
            _texts.clear()
        found = _texts[value.int] = str(value)
    return found
