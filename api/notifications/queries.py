"""What is read of messages, of their readers, and of what those switched off."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.notifications.kinds import IN_APP
from api.notifications.models import notification_preferences, notifications

_PEOPLE = text("""
SELECT u.id, u.first_name, u.locale, u.email, u.phone, u.marketing_consent, s.id AS seller_id, s.display_name AS shop,
    s.contact_email, ARRAY(SELECT w.type || ' ' || w.channel FROM notification_preferences w
                           WHERE w.user_id = u.id AND NOT w.enabled) AS switched_off,
    ARRAY(SELECT n.cause_event_id FROM notifications n
          WHERE n.user_id = u.id AND n.cause_event_id = ANY(CAST(:asked_for AS uuid[]))) AS told
FROM users u LEFT JOIN sellers s ON s.user_id = u.id
WHERE u.erased_at IS NULL AND u.id = ANY(
    CAST(:users AS uuid[]) || ARRAY(SELECT o.user_id FROM sellers o WHERE o.id = ANY(CAST(:sellers AS uuid[])))
)
""")
_STAFF = text("SELECT id FROM users WHERE erased_at IS NULL AND roles && CAST('{operator,admin}' AS text[])")
# What its shop was told went to the shop's address. Of the two rows that tell of a new address, the first goes to it.
_LAST_ADDRESS = text("""
SELECT recipient FROM notifications
WHERE user_id = :user_id AND channel = 'email' AND NOT coalesce(data ? 'shop', false)
ORDER BY created_at DESC, id LIMIT 1
""")
_PRODUCTS = text("SELECT id, name, price_minor FROM products WHERE id = ANY(CAST(:product_ids AS uuid[]))")
_PARCEL_OVER = text(
    "SELECT EXISTS (SELECT FROM shipments WHERE id = :shipment_id AND status IN ('delivered', 'returned', 'cancelled'))"
)
_SENDER = text("SELECT seller_id FROM shipments WHERE id = :shipment_id")
_UNPAID = text("SELECT EXISTS (SELECT FROM payments WHERE order_id = :order_id AND status IN ('failed', 'expired'))")
_COMPLAINANT = text("SELECT user_id FROM complaints WHERE id = :complaint_id")
_UNREAD = text("""
SELECT count(*) FROM notifications WHERE user_id = :user_id AND channel = 'in_app' AND read_at IS NULL
AND status = 'sent'
""")
_TOLD = text("""
SELECT EXISTS (SELECT FROM notifications WHERE user_id = :user_id AND template = :template
               AND data ->> 'order_id' = :order_id)
""")


async def people(
    conn: AsyncConnection, users: Collection[UUID], sellers: Collection[UUID], asked_for: Collection[UUID] = ()
) -> Sequence[Row[Any]]:
    """Accounts by their own id or their seller's, with the shop; erased ones are not there.

    `switched_off` names what they do not want: type, space, channel; `told` those causes of `asked_for` that they have
    a message of.
    """
    names = {"users": list(users), "sellers": list(sellers), "asked_for": list(asked_for)}
    return (await conn.execute(_PEOPLE, names)).all()


async def staff(conn: AsyncConnection) -> Sequence[UUID]:
    """The operators' accounts."""
    return (await conn.execute(_STAFF)).scalars().all()


async def last_address(conn: AsyncConnection, user_id: UUID) -> str | None:
    """Where the newest e-mail to an account itself, and not to its shop, was sent."""
    found: str | None = await conn.scalar(_LAST_ADDRESS, {"user_id": user_id})
    return found


async def product(conn: AsyncConnection, product_id: UUID) -> Row[Any] | None:
    """A product's name and price, also when it is not for sale any more."""
    return (await conn.execute(_PRODUCTS, {"product_ids": [product_id]})).one_or_none()


async def product_name(conn: AsyncConnection, product_id: UUID) -> str:
    """The name of a product that there is."""
    return (await product_names(conn, [product_id]))[product_id]


async def product_names(conn: AsyncConnection, product_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of products that there are."""
    rows = await conn.execute(_PRODUCTS, {"product_ids": list(product_ids)})
    return {row.id: row.name for row in rows}


async def parcel_over(conn: AsyncConnection, shipment_id: UUID) -> bool:
    """Whether a parcel has arrived, come back or been called off."""
    return bool(await conn.scalar(_PARCEL_OVER, {"shipment_id": shipment_id}))


async def complainant(conn: AsyncConnection, complaint_id: UUID) -> UUID:
    """Who complained."""
    found: UUID = (await conn.execute(_COMPLAINANT, {"complaint_id": complaint_id})).scalar_one()
    return found


async def sender(conn: AsyncConnection, shipment_id: UUID) -> UUID:
    """Whose parcel it is."""
    found: UUID = (await conn.execute(_SENDER, {"shipment_id": shipment_id})).scalar_one()
    return found


async def payment_ended(conn: AsyncConnection, order_id: UUID) -> bool:
    """Whether a payment of the order failed or ran out, of which its shopper has been told."""
    return bool(await conn.scalar(_UNPAID, {"order_id": order_id}))


async def told(conn: AsyncConnection, user_id: UUID, template: str, order_id: UUID) -> bool:
    """Whether there is a message of these words about an order."""
    names = {"user_id": user_id, "template": template, "order_id": str(order_id)}
    return bool(await conn.scalar(_TOLD, names))


async def unread(conn: AsyncConnection, user_id: UUID) -> int:
    """How many messages in the inbox have not been read."""
    return int(await conn.scalar(_UNREAD, {"user_id": user_id}) or 0)


def listed(user_id: UUID, channel: str, type_: str | None, unread: bool | None) -> Select[Any]:
    """An account's messages of one channel; the inbox holds what was sent."""
    row = notifications.c
    statement = select(notifications).where(row.user_id == user_id, row.channel == channel)
    if channel == IN_APP:
        statement = statement.where(row.status == "sent")
    if type_:
        statement = statement.where(row.type == type_)
    if unread is not None:
        statement = statement.where(row.read_at.is_(None) if unread else row.read_at.is_not(None))
    return statement


async def own(conn: AsyncConnection, user_id: UUID, notification_id: UUID) -> Row[Any] | None:
    """A message of an account, locked."""
    row = notifications.c
    statement = select(notifications).where(row.id == notification_id, row.user_id == user_id).with_for_update()
    return (await conn.execute(statement)).one_or_none()


async def preferences(conn: AsyncConnection, user_id: UUID) -> dict[tuple[str, str], bool]:
    """What an account has said it wants, by type and channel."""
    wish = notification_preferences.c
    rows = await conn.execute(select(wish.type, wish.channel, wish.enabled).where(wish.user_id == user_id))
    return {(row.type, row.channel): row.enabled for row in rows}
