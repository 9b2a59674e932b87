"""Forgets persons in refunds: those of an erased account's orders keep their sum and their code (R-USR-15)."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_WORDS = text("""
UPDATE refunds r SET reason = NULL, decision_note = NULL, updated_at = now()
FROM orders o WHERE o.id = r.order_id AND o.user_id = :user_id AND (r.reason IS NOT NULL OR r.decision_note IS NOT NULL)
""")


async def forget(conn: AsyncConnection, user_id: UUID) -> None:
    """Leave none of the words in which money was asked back, and of those that answered them."""
    await conn.execute(_WORDS, {"user_id": user_id})
