"""What is read of seller accounts."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.sellers.models import sellers

SORTS = {"name": func.lower(sellers.c.display_name), "-created_at": sellers.c.created_at}


async def one(conn: AsyncConnection, seller_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """A seller account; `lock` keeps it as it is until the end of the transaction."""
    statement = select(sellers).where(sellers.c.id == seller_id)
    return (await conn.execute(statement.with_for_update(read=True) if lock else statement)).one_or_none()


async def of_user(conn: AsyncConnection, user_id: UUID) -> Row[Any] | None:
    """The seller account of a user."""
    return (await conn.execute(select(sellers).where(sellers.c.user_id == user_id))).one_or_none()


def listed(status: str | None, name_part: str | None) -> Select[Any]:
    """Seller accounts of a status whose name contains a text."""
    statement = select(sellers)
    if status:
        statement = statement.where(sellers.c.status == status)
    if name_part:
        statement = statement.where(sellers.c.display_name.icontains(name_part, autoescape=True))
    return statement


def active_ids() -> Select[UUID]:
    """Ids of active sellers, for `in_` (R-SEL-2)."""
    return select(sellers.c.id).where(sellers.c.status == "active")
