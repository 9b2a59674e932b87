"""Makes and revokes API keys."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.errors import NotFound, ValidationFailed
from api.keyring import PREFIX, hashed
from api.keys import queries
from api.keys.models import api_keys
from api.sellers import queries as sellers
from api.tokens import SellerIdentity

KEY_BYTES = 32
HINT = 12
MOST_KEYS = 50


async def create(conn: AsyncConnection, owner: SellerIdentity, fields: Mapping[str, Any]) -> tuple[Row[Any], str]:
    """A new key of a seller: its row, and the secret that nobody can read again.

    Behind the shop's lock, so that two at once do not both take the last place.
    """
    if fields["expires_at"] and fields["expires_at"] <= ids.now():
        raise _refusal("body.expires_at", "is over")
    await sellers.for_change(conn, owner.seller_id)
    live = [row for row in await queries.of_seller(conn, owner.seller_id) if row.revoked_at is None]
    if len(live) >= MOST_KEYS:
        raise _refusal("body", f"would be one more than {MOST_KEYS} keys; revoke one first")
    key = PREFIX + token_urlsafe(KEY_BYTES)
    row = {
        **fields,
        "id": ids.new(),
        "seller_id": owner.seller_id,
        "user_id": owner.user_id,
        "hint": key[:HINT],
        "key_hash": hashed(key),
        "scopes": sorted(set(fields["scopes"])),
    }
    return (await conn.execute(insert(api_keys).values(row).returning(api_keys))).one(), key


def _refusal(field: str, message: str) -> ValidationFailed:
    return ValidationFailed(errors=[{"field": field, "message": message, "code": "key"}])


async def revoke(conn: AsyncConnection, seller_id: UUID, key_id: UUID) -> None:
    """Put a key out of force, at once and for good; NotFound for another seller's."""
    mine = (api_keys.c.id == key_id) & (api_keys.c.seller_id == seller_id)
    values = {"revoked_at": func.coalesce(api_keys.c.revoked_at, func.now()), "updated_at": ids.now()}
    if not (await conn.execute(update(api_keys).where(mine).values(values))).rowcount:
        raise NotFound


async def forget(conn: AsyncConnection, user_id: UUID) -> None:
    """The keys of an erased account go, and what they were called (R-USR-15)."""
    await conn.execute(delete(api_keys).where(api_keys.c.user_id == user_id))
