"""What is read of API keys."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.keys.models import api_keys


async def of_seller(conn: AsyncConnection, seller_id: UUID) -> Sequence[Row[Any]]:
    """All keys of a seller, the newest first."""
    statement = select(api_keys).where(api_keys.c.seller_id == seller_id)
    return (await conn.execute(statement.order_by(api_keys.c.created_at.desc(), api_keys.c.id))).all()
