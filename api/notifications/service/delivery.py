"""Messages on their way out: taken by one worker at a time, settled one by one (R-NOT-2)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import outbox
from api.notifications.service.writing import failed_fact, sent_fact

AT_ONCE = 20
LEASE_S = 45
"""So long nobody else takes a message that a worker has taken, and so long it waits when that worker has died."""
SENDING_S = LEASE_S - 25
"""So long a worker begins to send what it has taken; a single one takes 20 s at most (`api/channels/smtp`)."""
RETRIES = 5
FIRST_WAIT_S = 10

_CLAIM = text(f"""
UPDATE notifications SET attempts = attempts + 1, next_attempt_at = now() + interval '{LEASE_S} seconds',
    updated_at = now()
WHERE id IN (SELECT id FROM notifications WHERE status = 'pending' AND channel = :channel AND next_attempt_at <= now()
             ORDER BY next_attempt_at LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED)
RETURNING *
""")  # noqa: S608 - numbers of this module
_SENT = text("""
UPDATE notifications SET status = 'sent', version = version + 1, next_attempt_at = NULL, updated_at = now(),
    provider_reference = left(:reference, 255),
    subject = coalesce(subject, CASE WHEN data IS NOT NULL THEN :subject END),
    content = coalesce(content, CASE WHEN data IS NOT NULL THEN :content END)
WHERE id = :id AND status IN ('pending', 'withdrawn') RETURNING *
""")
_AGAIN = text("""
UPDATE notifications SET next_attempt_at = now() + make_interval(secs => :wait), updated_at = now()
WHERE id = :id AND status = 'pending'
""")
_UNTRIED = text("""
UPDATE notifications SET attempts = attempts - 1, next_attempt_at = now() + make_interval(secs => :wait),
    updated_at = now()
WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'pending'
""")
_FAILED = text("""
UPDATE notifications SET status = 'failed', version = version + 1, next_attempt_at = NULL, updated_at = now()
WHERE id = :id AND status = 'pending' RETURNING *
""")


async def claim(conn: AsyncConnection, channel: str) -> Sequence[Row[Any]]:
    """Messages that are due over a channel; they are this worker's until the lease ends."""
    return (await conn.execute(_CLAIM, {"channel": channel})).all()


async def sent(conn: AsyncConnection, id_: UUID, reference: str, subject: str, content: str) -> None:
    """The provider has it. What it says is kept where that was not known before, unless its reader was forgotten."""
    names = {"id": id_, "reference": reference, "subject": subject, "content": content}
    row = (await conn.execute(_SENT, names)).one_or_none()
    if row:
        await outbox.record(conn, sent_fact(row))


async def failed(conn: AsyncConnection, message: Row[Any], reason: str, *, final: bool) -> None:
    """It did not leave: tried again after 10 x 2^n seconds, at most five times, unless that cannot help."""
    if not final and message.attempts <= RETRIES:
        await conn.execute(_AGAIN, {"id": message.id, "wait": FIRST_WAIT_S * 2 ** (message.attempts - 1)})
        return
    row = (await conn.execute(_FAILED, {"id": message.id})).one_or_none()
    if row:
        await outbox.record(conn, failed_fact(row, reason))


async def untried(conn: AsyncConnection, ids: Sequence[UUID], *, away: bool) -> None:
    """They were taken, but the provider is away, or too slow for all of them: that was no attempt."""
    await conn.execute(_UNTRIED, {"ids": list(ids), "wait": FIRST_WAIT_S if away else 0})
