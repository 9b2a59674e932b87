"""Forgets persons in parcels: those of an erased account keep the area they went to (R-USR-15)."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_DESTINATIONS = text("""
UPDATE shipments s SET updated_at = now(), destination_address = destination_address - ARRAY[
    'label', 'recipient', 'phone', 'street', 'postal_code', 'district_id', 'district_name', 'subdistrict_id',
    'subdistrict_name']
FROM orders o WHERE o.id = s.order_id AND o.user_id = :user_id
""")


async def forget(conn: AsyncConnection, user_id: UUID) -> None:
    """Leave province and city of a user's parcels."""
    await conn.execute(_DESTINATIONS, {"user_id": user_id})
