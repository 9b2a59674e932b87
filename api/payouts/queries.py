"""What is read of payouts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import NotFound
from api.payouts.models import payouts

# Payouts of suspended sellers wait (R-SEL-3).
_DUE = text(
    "SELECT p.id FROM payouts p JOIN sellers s ON s.id = p.seller_id "
    "WHERE p.status = 'requested' AND p.next_attempt_at <= now() AND s.status = 'active' "
    "ORDER BY p.next_attempt_at LIMIT :limit"
)


async def read(conn: AsyncConnection, payout_id: UUID, *, lock: bool = False) -> Row[Any]:
    """One payout, locked when told so (after its seller); NotFound."""
    statement = select(payouts).where(payouts.c.id == payout_id)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def under_way(conn: AsyncConnection, seller_id: UUID, currency: str) -> int:
    """What is asked for and not paid yet, in minor units; the seller must be locked."""
    asked = payouts.c
    total = select(func.coalesce(func.sum(asked.amount_minor), 0)).where(
        asked.seller_id == seller_id, asked.currency == currency, asked.status == "requested"
    )
    return int(await conn.scalar(total) or 0)


def of_seller(seller_id: UUID, status: str | None) -> Select[Any]:
    """A seller's payouts, of one status when told so."""
    statement = select(payouts).where(payouts.c.seller_id == seller_id)
    return statement.where(payouts.c.status == status) if status else statement


async def due(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Payouts to be tried now."""
    return (await conn.execute(_DUE, {"limit": limit})).scalars().all()
