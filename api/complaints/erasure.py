"""Forgets persons in complaints: those of an erased account keep their verdict and their sum (R-USR-15)."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_WORDS = text("""
UPDATE complaints SET description = '', evidence_urls = '[]', resolution_note = NULL, updated_at = now()
WHERE user_id = :user_id
""")


async def forget(conn: AsyncConnection, user_id: UUID) -> None:
    """Leave none of the words of a user's complaints."""
    await conn.execute(_WORDS, {"user_id": user_id})
