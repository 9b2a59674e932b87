"""A cart that was left alone, and one that was taken up again, as the stream side tells (R-CRT-2, R-CRT-3)."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.carts.models import carts

ROUNDING = timedelta(seconds=1)
"""Between a cart's row and its fact; the next change that matters comes long after."""


async def abandon(conn: AsyncConnection, cart_id: UUID, idle_since: datetime) -> bool:
    """An active cart is abandoned, unless it was changed since; whether it is by this call.

    It is no change of the cart: its version and its 30 days stay. Every change makes it active again by itself.
    """
    row = carts.c
    unchanged = row.updated_at <= idle_since + ROUNDING
    statement = update(carts).where(row.id == cart_id, row.status == "active", unchanged).values(status="abandoned")
    return bool((await conn.execute(statement)).rowcount)


async def recover(conn: AsyncConnection, cart_id: UUID) -> None:
    """What tried to buy an abandoned cart and was refused took it up again too; nothing for a cart that has ended."""
    row = carts.c
    await conn.execute(update(carts).where(row.id == cart_id, row.status == "abandoned").values(status="active"))
