"""Reads API keys: whose they are, what they may do, and when they were last used."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.db import transaction

PREFIX = "atl_"
AREAS = (
    "catalog", "inventory", "orders", "shipping", "payments", "promotions", "ledger", "reviews", "sellers",
)  # fmt: skip
"""Tags of the operations that keys may be allowed."""
ONLY_READ = frozenset({"ledger", "reviews"})
"""Areas in which a shop changes nothing: shoppers write reviews, and operators pay out."""
WRITTEN = tuple(area for area in AREAS if area not in ONLY_READ)
SCOPES = tuple(f"{area}:read" for area in AREAS) + tuple(f"{area}:write" for area in WRITTEN)
NOTED_EVERY = timedelta(minutes=1)

_READ = text("""
SELECT k.id, k.user_id, k.seller_id, k.scopes, k.last_used_at FROM api_keys k JOIN users u ON u.id = k.user_id
JOIN credentials c ON c.user_id = u.id
WHERE k.key_hash = :hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
  AND c.status <> 'disabled' AND 'seller' = ANY(u.roles)
""")
_USED = text("UPDATE api_keys SET last_used_at = :moment WHERE id = :id")


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key that is in force."""

    id: UUID
    user_id: UUID
    seller_id: UUID
    scopes: frozenset[str]


def hashed(key: str) -> str:
    """What is kept of a key: it has 256 random bits, so a plain hash cannot be turned back."""
    return sha256(key.encode()).hexdigest()


async def read(pool: AsyncEngine, key: str) -> Key | None:
    """The key, when it is in force and its owner sells; its use is noted once a minute."""
    async with transaction(pool) as conn:
        row = (await conn.execute(_READ, {"hash": hashed(key)})).one_or_none()
        if row is None:
            return None
        moment = datetime.now(UTC)
        if row.last_used_at is None or row.last_used_at < moment - NOTED_EVERY:
            await conn.execute(_USED, {"id": row.id, "moment": moment})
    return Key(id=row.id, user_id=row.user_id, seller_id=row.seller_id, scopes=frozenset(row.scopes))


def scope(area: str, method: str) -> str:
    """What a call of an area's operation needs."""
    return f"{area}:{'read' if method in ('GET', 'HEAD') else 'write'}"
