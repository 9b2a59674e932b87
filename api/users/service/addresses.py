"""Address books: at most one default, which is the first address until another is made it (R-USR-13).

Each change is one statement behind the lock of the account's row, so that nobody else changes the book meanwhile.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import NotFound, TokenRevoked, TooManyAddresses
from api.outbox import Fact
from api.unit import TryAgain
from api.users.models import addresses
from api.users.service.accounts import touched
from streams.events.users import UserUpdated

MOST_ADDRESSES = 20
_CHANGED = ("addresses",)

_ACCOUNT = text("""
SELECT u.version, u.roles, c.status, (SELECT count(*) FROM addresses a WHERE a.user_id = u.id) AS held
FROM users u JOIN credentials c ON c.user_id = u.id WHERE u.id = :user_id
""")
# A default is one no more before another becomes it. The fact is decided before the row is locked, by its version.
_ADDING = """
WITH owner AS (
    UPDATE users SET version = :version, updated_at = :moment WHERE id = :user_id AND version = :version - 1
    RETURNING id
), freed AS (
    UPDATE addresses a SET is_default = false FROM owner
    WHERE a.user_id = owner.id AND a.is_default AND CAST(:is_default AS boolean) RETURNING a.id
), told AS ({tell} WHERE EXISTS (SELECT FROM owner)
)
INSERT INTO addresses (id, user_id, label, province_id, city_id, district_id, subdistrict_id, province_name, city_name,
                       district_name, subdistrict_name, street, postal_code, is_default)
SELECT :id, owner.id, :label, :province_id, :city_id, :district_id, :subdistrict_id, :province_name, :city_name,
       :district_name, :subdistrict_name, :street, :postal_code, :is_default
FROM owner WHERE (SELECT count(*) FROM freed) >= 0
RETURNING *
"""
_ADD = text(_ADDING.format(tell=outbox.TELL))


async def add_address(conn: AsyncConnection, user_id: UUID, address: Mapping[str, Any]) -> Row[Any]:
    """Add an address by two statements: what the account is, and what changes.

    Raises TooManyAddresses, TokenRevoked when the account was erased meanwhile, and TryAgain when it was changed
    between them: behind its lock (`hold_book`) then.
    """
    account = (await conn.execute(_ACCOUNT, {"user_id": user_id})).one_or_none()
    if account is None:
        raise TokenRevoked
    if account.held >= MOST_ADDRESSES:
        raise TooManyAddresses(limit=MOST_ADDRESSES)
    version = account.version + 1
    event = UserUpdated(user_id=user_id, changed=_CHANGED, roles=tuple(account.roles), status=account.status)
    fixed = {"id": ids.new(), "user_id": user_id, "version": version, "moment": ids.now()}
    default = {"is_default": address["is_default"] or account.held == 0}
    told = outbox.rows([Fact(event, seq=version)])
    added: Row[Any] | None = (await conn.execute(_ADD, {**address, **fixed, **default, **told})).one_or_none()
    if added is None:
        raise TryAgain("the account was changed meanwhile")
    return added


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
