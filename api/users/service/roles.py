"""Roles and the status of accounts, as admins set them (R-USR-12, R-USR-14, R-USR-16)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import RoleConflict
from api.users import queries
from api.users.models import credentials
from api.users.service.accounts import touched
from api.users.service.sessions import close

ORDER = ("shopper", "seller", "operator", "admin", "service")
ADMIN, DISABLED = "admin", "disabled"


async def set_roles(conn: AsyncConnection, user: Row[Any], wanted: Collection[str]) -> list[UUID]:
    """Give an account these roles, and shopper; gives the jtis to blacklist when one is taken away. RoleConflict."""
    roles = [role for role in ORDER if role in wanted or role == "shopper"]
    if roles == list(user.roles):
        return []
    if "seller" in roles and "seller" not in user.roles and user.shop_id is None:
        raise RoleConflict("A user becomes a seller at POST /v1/sellers alone.", role="seller")
    taken = set(user.roles) - set(roles)
    if ADMIN in taken:
        await _spare_last_admin(conn, user.id)
    await touched(conn, user.id, ("roles",), {"roles": roles})
    return await close(conn, user.id, every=True) if taken else []


async def set_status(conn: AsyncConnection, user: Row[Any], status: str) -> list[UUID]:
    """Disable an account, or let it sign in again; gives the jtis to blacklist. RoleConflict for the last admin."""
    if status == user.status:
        return []
    if status == DISABLED and ADMIN in user.roles:
        await _spare_last_admin(conn, user.id)
    free = {"status": status, "failed_logins": 0, "locked_until": None}
    await conn.execute(update(credentials).where(credentials.c.user_id == user.id).values(free))
    await touched(conn, user.id, ("status",))
    return await close(conn, user.id, every=True) if status == DISABLED else []


async def _spare_last_admin(conn: AsyncConnection, user_id: UUID) -> None:
    if not await queries.other_admins(conn, user_id):
        raise RoleConflict("This is the last admin; give somebody else the role first.", role=ADMIN)
