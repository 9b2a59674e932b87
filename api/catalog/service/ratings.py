"""Keeps what buyers gave a product: sum and count beside its own fields, which no version of the product tells of."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.catalog.models import products


async def note_rating(conn: AsyncConnection, product_id: UUID, *, before: int | None, after: int | None) -> None:
    """Let a rating join (`before` is None), change or leave (`after` is None) the product's average (R-REV-3)."""
    more, votes = (after or 0) - (before or 0), int(after is not None) - int(before is not None)
    raised = {"rating_sum": products.c.rating_sum + more, "rating_count": products.c.rating_count + votes}
    await conn.execute(update(products).where(products.c.id == product_id).values(raised))
