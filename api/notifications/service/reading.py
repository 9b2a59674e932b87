"""What readers do with their messages: read them, choose kinds and channels, end marketing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import NotFound
from api.notifications import queries
from api.notifications.kinds import CHANNELS, KINDS
from api.notifications.models import notification_preferences, notifications
from api.outbox import Fact
from streams.events.notifications import NotificationRead

SENT_AT = 1
"""The version of a message that was sent and not read yet."""

_WITHDRAW = text(
    "UPDATE notifications SET status = 'withdrawn', updated_at = now() "
    "WHERE user_id = :user_id AND type = ANY(CAST(:types AS text[])) AND status = 'pending'"
)
MARKETING = tuple(name for name, kind in KINDS.items() if kind.marketing)


async def mark(conn: AsyncConnection, user_id: UUID, notification_id: UUID, *, read: bool) -> Row[Any]:
    """Mark a message as read or unread; the first reading is told, and its time stays. NotFound."""
    row = await queries.own(conn, user_id, notification_id)
    if row is None:
        raise NotFound
    if read == (row.read_at is not None):
        return row
    first = read and row.version == SENT_AT
    values = {
        "read_at": ids.now() if read else None,
        "version": notifications.c.version + (1 if first else 0),
        "updated_at": ids.now(),
    }
    statement = update(notifications).where(notifications.c.id == row.id).values(values).returning(notifications)
    after: Row[Any] = (await conn.execute(statement)).one()
    if first:
        event = NotificationRead(notification_id=after.id, type=after.type)
        await outbox.record(conn, Fact(event, seq=after.version))
    return after


async def prefer(conn: AsyncConnection, user_id: UUID, wishes: Mapping[tuple[str, str], bool]) -> None:
    """Keep what an account wants, by type and channel."""
    if not wishes:
        return
    rows = [
        {"user_id": user_id, "type": type_, "channel": channel, "enabled": enabled}
        for (type_, channel), enabled in sorted(wishes.items())
    ]
    added = insert(notification_preferences).values(rows)
    changed = {"enabled": added.excluded.enabled, "updated_at": func.now()}
    await conn.execute(added.on_conflict_do_update(constraint="pk_notification_preferences", set_=changed))


async def unsubscribe(conn: AsyncConnection, user_id: UUID) -> None:
    """End marketing over every channel; what waits is not sent any more (R-NOT-5)."""
    await prefer(conn, user_id, {(type_, channel): False for type_ in MARKETING for channel in CHANNELS})
    await conn.execute(_WITHDRAW, {"user_id": user_id, "types": list(MARKETING)})
