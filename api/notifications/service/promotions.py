"""Marketing: to those who agreed to it, at most once a day each, and never once it is over (R-NOT-5)."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import bindparam

from api import ids, outbox
from api.columns import Json
from api.notifications.kinds import KINDS, Channel
from api.notifications.service.writing import withdraw
from api.promotions import queries as promotions
from streams.events.promotions import PromotionChanged, PromotionPublished

MOST_IDS = 100
OVER = frozenset({"paused", "ended"})

# One writer at a time, so that two promotions at the same moment do not both count as the first of the day.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('notifications.promote'))")
_WRITE = text("""
WITH written AS (
    INSERT INTO notifications (id, user_id, type, channel, recipient, template, data, cause_event_id, next_attempt_at)
    SELECT uuidv7(), u.id, 'promote', c.channel,
        CASE c.channel WHEN 'email' THEN u.email WHEN 'push' THEN u.id::text ELSE u.phone END, :template,
        :data || jsonb_build_object('first_name', u.first_name, 'locale', u.locale), :cause, now()
    FROM users u CROSS JOIN unnest(CAST(:channels AS text[])) AS c (channel)
    WHERE u.marketing_consent AND u.erased_at IS NULL
    AND (CAST(:user_id AS uuid) IS NULL OR u.id = :user_id)
    AND (CAST(:seller_id AS uuid) IS NULL OR EXISTS (
        SELECT FROM orders o JOIN order_items i ON i.order_id = o.id
        WHERE o.user_id = u.id AND i.seller_id = :seller_id AND o.status NOT IN ('pending', 'cancelled')))
    AND NOT EXISTS (SELECT FROM notification_preferences p WHERE p.user_id = u.id AND p.type = 'promote'
                    AND p.channel = c.channel AND NOT p.enabled)
    AND NOT EXISTS (SELECT FROM notifications n WHERE n.user_id = u.id AND n.type = 'promote'
                    AND n.status <> 'withdrawn' AND n.created_at > now() - interval '1 day')
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT count(*) AS accepted, coalesce((array_agg(id ORDER BY id))[1:100], '{}') AS ids FROM written
""").bindparams(bindparam("data", type_=JSONB))


class Promoted(NamedTuple):
    """How many messages were written, and the ids of the first hundred."""

    accepted: int
    ids: Sequence[UUID]


async def promote(
    conn: AsyncConnection,
    template: str,
    data: Json,
    cause: UUID,
    *,
    channels: Sequence[Channel] | None = None,
    user_id: UUID | None = None,
    seller_id: UUID | None = None,
) -> Promoted:
    """Write to all who agreed, to one of them, or to a seller's buyers; what it says is rendered when it is sent."""
    await conn.execute(_ALONE)
    names = {"template": template, "data": data, "cause": cause, "user_id": user_id, "seller_id": seller_id}
    chosen = [one for one in channels or KINDS["promote"].channels if one != "in_app"]
    row = (await conn.execute(_WRITE, names | {"channels": chosen})).one()
    return Promoted(row.accepted, row.ids)


async def announce(conn: AsyncConnection, fact: PromotionPublished) -> None:
    """A promotion that asks for it is told to everybody who wants to know, unless it is over by now."""
    promotion = await promotions.offered(conn, fact.promotion_id) if fact.announce else None
    cause = outbox.causation_id.get()
    if cause and promotion:
        data = {"promotion_id": str(promotion.id), "headline": promotion.name, "code": promotion.code or ""}
        begins = {"starts_on": promotion.starts_at.date().isoformat()} if promotion.starts_at > ids.now() else {}
        await promote(conn, "promote", data | begins, cause)


async def call_off(conn: AsyncConnection, fact: PromotionChanged) -> None:
    """What has not been sent of a promotion that is over is not sent any more (R-NOT-6)."""
    if fact.status in OVER or (fact.ends_at and fact.ends_at <= ids.now()):
        await withdraw(conn, ("promote",), "promotion_id", fact.promotion_id)
