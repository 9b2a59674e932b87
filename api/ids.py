"""Ids: UUIDv7, drawn, or derived from a key where a repeated import must give the same one."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from uuid_utils.compat import uuid7


def new() -> UUID:
    """A new UUIDv7, ordered by the time it was drawn."""
    return uuid7()


def derived(at: datetime, *key: object) -> UUID:
    """A UUIDv7 (RFC 9562) of `at` whose random bits are a hash of `key`: the same arguments give the same id."""
    millis = int(at.timestamp() * 1000) & (1 << 48) - 1
    noise = int.from_bytes(sha256("\x1f".join(map(str, key)).encode()).digest()[:10])
    rand_a, rand_b = noise >> 62 & 0xFFF, noise & (1 << 62) - 1
    return UUID(int=millis << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def drawn_at(drawn: UUID) -> datetime:
    """When a UUIDv7 was drawn, to the millisecond."""
    return datetime.fromtimestamp((drawn.int >> 80) / 1000, UTC)


def now() -> datetime:
    """This moment, UTC, in whole milliseconds as every event carries it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
