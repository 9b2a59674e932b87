"""What is read of webhooks."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import NotFound
from api.webhooks.models import webhook_deliveries, webhook_endpoints

_STANDING = webhook_endpoints.c.status != "deleted"


async def of_seller(conn: AsyncConnection, seller_id: UUID) -> Sequence[Row[Any]]:
    """A seller's addresses, the oldest first."""
    columns = webhook_endpoints.c
    statement = select(webhook_endpoints).where(columns.seller_id == seller_id, _STANDING)
    return (await conn.execute(statement.order_by(columns.created_at, columns.id))).all()


async def one(conn: AsyncConnection, seller_id: UUID, endpoint_id: UUID, *, lock: bool = False) -> Row[Any]:
    """A seller's address, locked when told so; NotFound for another seller's."""
    columns = webhook_endpoints.c
    statement = select(webhook_endpoints).where(columns.id == endpoint_id, columns.seller_id == seller_id, _STANDING)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


def deliveries(endpoint_id: UUID, wanted: Mapping[str, Any]) -> Select[Any]:
    """What was told to an address; a value of None does not limit."""
    columns = webhook_deliveries.c
    statement = select(webhook_deliveries).where(columns.endpoint_id == endpoint_id)
    for name, value in wanted.items():
        if value is not None:
            statement = statement.where(columns[name] == value)
    return statement
