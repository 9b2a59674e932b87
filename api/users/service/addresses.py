"""Address books: at most one default, which is the first address until another is made it (R-USR-13).

Each change is one statement after the account's row is locked, so that nobody else changes the book meanwhile.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.errors import NotFound, TooManyAddresses
from api.users.models import addresses
from api.users.service.accounts import touched

MOST_ADDRESSES = 20
_CHANGED = ("addresses",)


async def add_address(conn: AsyncConnection, user_id: UUID, address: Mapping[str, Any]) -> Row[Any]:
    """Add an address; TooManyAddresses."""
    await touched(conn, user_id, _CHANGED)
    mine = addresses.c.user_id == user_id
    book = select(func.count().label("size")).where(mine).cte("book")
    freed = _freed(mine, literal(address["is_default"]))
    values = {**address, "id": ids.new(), "user_id": user_id}
    row = [literal(value, addresses.c[name].type).label(name) for name, value in values.items() if name != "is_default"]
    default = or_(literal(address["is_default"]), book.c.size == 0).label("is_default")
    fits = select(*row, default).where(book.c.size < MOST_ADDRESSES, freed)
    added = insert(addresses).from_select([column.name for column in fits.selected_columns], fits).returning(addresses)
    found: Row[Any] | None = (await conn.execute(added)).one_or_none()
    if found is None:
        raise TooManyAddresses(limit=MOST_ADDRESSES)
    return found


async def change_address(
    conn: AsyncConnection, user_id: UUID, address_id: UUID, changes: Mapping[str, Any]
) -> Row[Any]:
    """Change an address; NotFound. The default stays one until another is made it."""
    await touched(conn, user_id, _CHANGED)
    kept = {name: value for name, value in changes.items() if name != "is_default" or value}
    mine = [addresses.c.user_id == user_id, addresses.c.id == address_id]
    if changes.get("is_default"):
        mine.append(_freed(addresses.c.user_id == user_id, addresses.c.id != address_id))
    statement = update(addresses).where(*mine).values(**kept, updated_at=ids.now()).returning(addresses)
    row: Row[Any] | None = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def remove_address(conn: AsyncConnection, user_id: UUID, address_id: UUID) -> None:
    """Delete an address; the newest of the others becomes the default in its place. NotFound."""
    await touched(conn, user_id, _CHANGED)
    mine = (addresses.c.user_id == user_id, addresses.c.id == address_id)
    gone = delete(addresses).where(*mine).returning(addresses.c.is_default).cte("gone")
    left = addresses.alias("left_over")
    others = select(left.c.id).where(left.c.user_id == user_id, left.c.id != address_id)
    newest = others.order_by(left.c.id.desc()).limit(1).scalar_subquery()
    was_default = select(gone.c.is_default).where(gone.c.is_default).exists()
    promoted = update(addresses).where(addresses.c.id == newest, was_default).values(is_default=True)
    statement = select(func.count()).select_from(gone).add_cte(promoted.returning(addresses.c.id).cte("promoted"))
    if not await conn.scalar(statement):
        raise NotFound


def _freed(*held: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that is true once the default among these is one no more: it goes before another becomes it."""
    before = update(addresses).where(*held, addresses.c.is_default).values(is_default=False)
    freed = before.returning(addresses.c.id).cte("freed")
    return select(func.count()).select_from(freed).scalar_subquery() >= 0
