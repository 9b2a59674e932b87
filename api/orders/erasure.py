"""Forgets persons in orders: an erased account's orders keep the area they went to (R-USR-15)."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_ADDRESSES = text("""
UPDATE orders SET cancellation_note = NULL, updated_at = now(), shipping_address = shipping_address - ARRAY[
    'label', 'recipient', 'phone', 'street', 'postal_code', 'district_id', 'district_name', 'subdistrict_id',
    'subdistrict_name']
WHERE user_id = :user_id
""")
_NOTES = text("""
UPDATE order_returns r SET note = NULL, reception_note = NULL, updated_at = now()
FROM orders o WHERE o.id = r.order_id AND o.user_id = :user_id AND (r.note IS NOT NULL OR r.reception_note IS NOT NULL)
""")


async def forget(conn: AsyncConnection, user_id: UUID) -> None:
    """Leave province and city of a user's orders, and no words of the user's, or about them."""
    await conn.execute(_ADDRESSES, {"user_id": user_id})
    await conn.execute(_NOTES, {"user_id": user_id})
