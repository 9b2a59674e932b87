"""Messages on their way out: taken by one worker at a time, settled one by one (R-NOT-2)."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import outbox
from api.channels import Channel
from api.notifications.service.writing import failed_fact, sent_fact
from api.outbox import Fact

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
_DUE = text("""
SELECT channel FROM unnest(CAST(:channels AS text[])) AS c (channel) WHERE EXISTS (
    SELECT FROM notifications n WHERE n.status = 'pending' AND n.channel = c.channel AND n.next_attempt_at <= now())
""")
# Its version changes only when its status is settled, so the fact can be written beforehand.
_SENT = text("""
WITH told AS (
    UPDATE notifications n SET status = 'sent', version = s.version, next_attempt_at = NULL, updated_at = now(),
        provider_reference = left(s.reference, 255),
        subject = coalesce(n.subject, CASE WHEN n.data IS NOT NULL THEN s.subject END),
        content = coalesce(n.content, CASE WHEN n.data IS NOT NULL THEN s.content END)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]), CAST(:references AS text[]), CAST(:subjects AS text[]),
                CAST(:contents AS text[]), CAST(:topics AS text[]), CAST(:partitions AS int[]),
                CAST(:event_ids AS uuid[]), CAST(:lines AS bytea[]))
        AS s (id, version, reference, subject, content, topic, partition, event_id, line)
    WHERE n.id = s.id AND n.status IN ('pending', 'withdrawn') AND n.version = s.version - 1
    RETURNING s.topic, s.partition, s.event_id, s.line
)
INSERT INTO outbox (topic, partition, event_id, line) SELECT * FROM told
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


async def due(conn: AsyncConnection, channels: Sequence[Channel]) -> Sequence[Channel]:
    """Those of the channels that have messages to send now."""
    return (await conn.execute(_DUE, {"channels": list(channels)})).scalars().all()


async def claim(conn: AsyncConnection, channel: str) -> Sequence[Row[Any]]:
    """Messages that are due over a channel; they are this worker's until the lease ends."""
    return (await conn.execute(_CLAIM, {"channel": channel})).all()


class Sent(NamedTuple):
    """A message that its provider has under a reference, what it says, and the fact of it."""

    id: UUID
    version: int
    reference: str
    subject: str
    content: str
    fact: Fact


def settled(message: Row[Any], reference: str, subject: str, content: str) -> Sent:
    """What is to be noted of a message that its provider has taken just now."""
    version = message.version + 1
    return Sent(message.id, version, reference, subject, content, sent_fact(message, version))


async def sent(conn: AsyncConnection, messages: Sequence[Sent]) -> None:
    """Providers have these: noted and told by one statement.

    What they say is kept where that was not known before, unless their reader was forgotten.
    """
    ids, versions, references, subjects, contents, facts = (list(column) for column in zip(*messages, strict=True))
    names = {"ids": ids, "versions": versions, "references": references, "subjects": subjects, "contents": contents}
    await conn.execute(_SENT, names | outbox.rows(facts))


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
