"""What is read of accounts, sessions and addresses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, table
from sqlalchemy import column as named
from sqlalchemy.ext.asyncio import AsyncConnection

from api.users.models import addresses, credentials, refresh_tokens, users

# The seller account's id belongs to sellers, which stands above users; only its key is read here.
_sellers = table("sellers", named("id"), named("user_id"))

_ACCOUNT = (
    select(
        users,
        credentials.c.email_verified,
        credentials.c.status,
        credentials.c.locked_until,
        credentials.c.password_hash,
        _sellers.c.id.label("seller_id"),
    )
    .join(credentials, credentials.c.user_id == users.c.id)
    .outerjoin(_sellers, _sellers.c.user_id == users.c.id)
)


async def account(conn: AsyncConnection, user_id: UUID) -> Row[Any] | None:
    """An account with its credentials' state and its seller_id."""
    return (await conn.execute(_ACCOUNT.where(users.c.id == user_id))).one_or_none()


async def by_name(conn: AsyncConnection, name: str) -> Row[Any] | None:
    """An account by e-mail or username, both lower-case; with password_hash."""
    statement = _ACCOUNT.where(or_(users.c.email == name, users.c.username == name))
    return (await conn.execute(statement)).first()


async def refresh_token(conn: AsyncConnection, token_hash: str) -> Row[Any] | None:
    """A refresh token's row, locked."""
    statement = select(refresh_tokens).where(refresh_tokens.c.token_hash == token_hash).with_for_update()
    return (await conn.execute(statement)).one_or_none()


async def address_book(conn: AsyncConnection, user_id: UUID) -> Sequence[Row[Any]]:
    """A user's addresses, the default first, then the newest."""
    statement = (
        select(addresses)
        .where(addresses.c.user_id == user_id)
        .order_by(addresses.c.is_default.desc(), addresses.c.id.desc())
    )
    return (await conn.execute(statement)).all()


async def address(conn: AsyncConnection, user_id: UUID, address_id: UUID) -> Row[Any] | None:
    """One address of a user."""
    statement = select(addresses).where(addresses.c.user_id == user_id, addresses.c.id == address_id)
    return (await conn.execute(statement)).one_or_none()
