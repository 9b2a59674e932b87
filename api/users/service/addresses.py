"""Address books: at most one default, which is the first address until another is made it (R-USR-13)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.errors import NotFound, TooManyAddresses
from api.users import queries
from api.users.models import addresses
from api.users.service.accounts import touched

MOST_ADDRESSES = 20
_CHANGED = ("addresses",)


async def add_address(conn: AsyncConnection, user_id: UUID, address: Mapping[str, Any]) -> Row[Any]:
    """Add an address; TooManyAddresses."""
    await touched(conn, user_id, _CHANGED)
    book = await queries.address_book(conn, user_id)
    if len(book) >= MOST_ADDRESSES:
        raise TooManyAddresses(limit=MOST_ADDRESSES)
    default = not book or address["is_default"]
    if default:
        await _no_default(conn, user_id)
    values = {**address, "id": ids.new(), "user_id": user_id, "is_default": default}
    added: Row[Any] = (await conn.execute(insert(addresses).values(values).returning(addresses))).one()
    return added


async def change_address(
    conn: AsyncConnection, user_id: UUID, address_id: UUID, changes: Mapping[str, Any]
) -> Row[Any]:
    """Change an address; NotFound. The default stays one until another is made it."""
    await touched(conn, user_id, _CHANGED)
    if changes.get("is_default"):
        await _no_default(conn, user_id)
    kept = {name: value for name, value in changes.items() if name != "is_default" or value}
    mine = (addresses.c.user_id == user_id, addresses.c.id == address_id)
    statement = update(addresses).where(*mine).values(**kept, updated_at=ids.now()).returning(addresses)
    row: Row[Any] | None = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def remove_address(conn: AsyncConnection, user_id: UUID, address_id: UUID) -> None:
    """Delete an address; the newest of the others becomes the default in its place. NotFound."""
    await touched(conn, user_id, _CHANGED)
    mine = (addresses.c.user_id == user_id, addresses.c.id == address_id)
    row = (await conn.execute(delete(addresses).where(*mine).returning(addresses.c.is_default))).one_or_none()
    if row is None:
        raise NotFound
    left = await queries.address_book(conn, user_id)
    if row.is_default and left:
        await conn.execute(update(addresses).where(addresses.c.id == left[0].id).values(is_default=True))


async def _no_default(conn: AsyncConnection, user_id: UUID) -> None:
    held = (addresses.c.user_id == user_id, addresses.c.is_default)
    await conn.execute(update(addresses).where(*held).values(is_default=False))
