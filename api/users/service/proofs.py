"""What a right code or password allows: a verified address, a new password (R-USR-8, R-USR-12)."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.users.models import credentials
from api.users.service.accounts import touched
from api.users.service.sessions import close


async def note_verified(conn: AsyncConnection, user: Row[Any], kind: Literal["email", "phone"]) -> None:
    """The account's e-mail or phone is its owner's; told once."""
    name = f"{kind}_verified"
    if getattr(user, name):
        return
    if kind == "email":
        mine = update(credentials).where(credentials.c.user_id == user.id)
        await conn.execute(mine.values(email_verified=True, updated_at=ids.now()))
    await touched(conn, user.id, (name,), {name: True} if kind == "phone" else None)


async def set_password(conn: AsyncConnection, user_id: UUID, password_hash: str) -> list[UUID]:
    """Give an account a new password and end its sessions; gives the jtis to blacklist."""
    mine = update(credentials).where(credentials.c.user_id == user_id)
    await conn.execute(mine.values(password_hash=password_hash))
    await touched(conn, user_id, ("password",))
    return await close(conn, user_id, every=True)
