"""Roles and the status of accounts, as admins set them (R-USR-12, R-USR-14, R-USR-16)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import RoleConflict
from api.users import queries
from api.users.models import credentials
from api.users.service.accounts import change, touched
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
        await spare_last_admin(conn, user.id)
    await touched(conn, user.id, ("roles",), {"roles": roles})
    return await close(conn, user.id, every=True) if taken else []


async def administer(conn: AsyncConnection, user: Row[Any], changes: Mapping[str, Any]) -> list[UUID]:
    """Change fields of an account, its status among them; gives the jtis to blacklist when it is disabled.

    EmailTaken, UsernameTaken, RoleConflict for the last admin.
    """
    status = changes.get("status", user.status)
    disabled = status == DISABLED != user.status
    if disabled and ADMIN in user.roles:
        await spare_last_admin(conn, user.id)
    if status != user.status:
        free = {"status": status, "failed_logins": 0, "locked_until": None}
        await conn.execute(update(credentials).where(credentials.c.user_id == user.id).values(free))
    await change(conn, user, changes)
    return await close(conn, user.id, every=True) if disabled else []


async def spare_last_admin(conn: AsyncConnection, user_id: UUID) -> None:
    """RoleConflict when nobody else is an admin."""
    if not await queries.other_admins(conn, user_id):
        raise RoleConflict("This is the last admin; give somebody else the role first.", role=ADMIN)
