"""Deliveries: one per address and fact, tried until they are taken or there is no use in it any more."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import NotFound, WebhookDisabled
from api.webhooks.causes import CAUSES, TEST, data
from streams.events import Event

WAITS_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After each failed try, as Standard Webhooks advises: a bit more than three days in all."""
LEASE_S = 60
AT_ONCE = 20

_WRITE = text("""
INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event, body, next_attempt_at)
SELECT uuidv7(), e.id, :event_id, CAST(:event AS text), :body, now() FROM webhook_endpoints e
WHERE e.status = 'active' AND (e.id = :endpoint_id
    OR e.seller_id = ANY(:seller_ids) AND CAST(:event AS text) = ANY(e.events))
ON CONFLICT (endpoint_id, event_id) DO NOTHING
""")
_WANTED = text("SELECT EXISTS (SELECT FROM webhook_endpoints WHERE status = 'active' AND :event = ANY(events))")
SUBSCRIBED = (
    "ARRAY(SELECT DISTINCT unnest(events) FROM webhook_endpoints WHERE status = 'active') AS events, "
    "statement_timestamp() AS asked_at"
)
"""The columns of `Subscribed`."""
_SUBSCRIBED = text(f"SELECT {SUBSCRIBED}")
_CLAIM = text("""
UPDATE webhook_deliveries d
SET attempts = d.attempts + 1, next_attempt_at = now() + make_interval(secs => :lease), updated_at = now()
FROM webhook_endpoints e
WHERE e.id = d.endpoint_id AND d.id IN (
    SELECT w.id FROM webhook_deliveries w JOIN webhook_endpoints a ON a.id = w.endpoint_id AND a.status = 'active'
    WHERE w.status = 'pending' AND w.next_attempt_at <= now()
    ORDER BY w.next_attempt_at LIMIT :most FOR UPDATE OF w SKIP LOCKED)
RETURNING d.id, d.endpoint_id, d.event_id, d.body, d.attempts, e.url, e.secret
""")
_NOTE = text("""
UPDATE webhook_deliveries
SET status = CAST(:status AS text), last_status = :code, last_error = :error, updated_at = now(),
    delivered_at = CASE WHEN CAST(:status AS text) = 'delivered' THEN now() END,
    next_attempt_at = CASE WHEN CAST(:status AS text) = 'pending' THEN now() + make_interval(secs => :wait) END
WHERE id = :id AND status = 'pending' AND attempts = :attempts
""")
_TAKEN = text("UPDATE webhook_endpoints SET failing_since = NULL WHERE id = :id AND failing_since IS NOT NULL")
_FAILING = text("""
UPDATE webhook_endpoints
SET failing_since = coalesce(failing_since, now()), updated_at = now(),
    status = CASE WHEN :gone OR failing_since < now() - interval '5 days' THEN 'disabled' ELSE status END,
    disabled_reason = CASE WHEN :gone THEN 'gone' WHEN failing_since < now() - interval '5 days' THEN 'failing' END
WHERE id = :id AND status = 'active'
""")
_AGAIN = text("""
UPDATE webhook_deliveries SET status = 'pending', attempts = 0, next_attempt_at = now(), updated_at = now()
WHERE id = :id AND endpoint_id = :endpoint_id RETURNING *
""")


class Subscribed(NamedTuple):
    """Names of the facts that somebody's system wants to be told of, of all that were recorded before it was asked."""

    events: Collection[str]
    asked_at: datetime


async def subscribed(conn: AsyncConnection) -> Subscribed:
    """What is wanted now."""
    found = (await conn.execute(_SUBSCRIBED)).one()
    return Subscribed(found.events, found.asked_at)


async def tell(conn: AsyncConnection, fact: Event) -> None:
    """Write what the systems of those concerned are to be told of a fact; its id is the delivery's event."""
    if not await conn.scalar(_WANTED, {"event": fact.name}):
        return
    sellers = await CAUSES[type(fact)](conn, fact)
    event_id = outbox.causation_id.get() or uuid4()
    await _write(conn, fact.name, event_id, data(fact), seller_ids=sorted(sellers))


async def try_out(conn: AsyncConnection, endpoint: Row[Any]) -> None:
    """Tell an address a test event, whatever else it wants to be told. WebhookDisabled."""
    _require_active(endpoint)
    await _write(conn, TEST, ids.new(), {"seller_id": str(endpoint.seller_id)}, endpoint_id=endpoint.id)


async def _write(
    conn: AsyncConnection,
    event: str,
    event_id: UUID,
    told: dict[str, Any],
    *,
    seller_ids: Sequence[UUID] = (),
    endpoint_id: UUID | None = None,
) -> None:
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = msgspec.json.encode({"type": event, "timestamp": moment, "event_id": str(event_id), "data": told}).decode()
    row = {"event": event, "event_id": event_id, "body": body}
    await conn.execute(_WRITE, row | {"seller_ids": list(seller_ids), "endpoint_id": endpoint_id})


async def claim(conn: AsyncConnection) -> Sequence[Row[Any]]:
    """Deliveries that are due, with their address; they are this worker's until the lease ends."""
    return (await conn.execute(_CLAIM, {"lease": LEASE_S, "most": AT_ONCE})).all()


async def taken(conn: AsyncConnection, delivery: Row[Any], code: int) -> None:
    """The system took it."""
    await conn.execute(_NOTE, _noted(delivery, "delivered", code, None))
    await conn.execute(_TAKEN, {"id": delivery.endpoint_id})


async def refused(conn: AsyncConnection, delivery: Row[Any], code: int | None, error: str) -> None:
    """The system did not take it: tried again, unless too often; one that fails for five days is not called any more.

    410 says that nobody is there any more: the address is disabled at once.
    """
    over = delivery.attempts > len(WAITS_S) or code == 410
    await conn.execute(_NOTE, _noted(delivery, "failed" if over else "pending", code, error))
    await conn.execute(_FAILING, {"id": delivery.endpoint_id, "gone": code == 410})


def _noted(delivery: Row[Any], status: str, code: int | None, error: str | None) -> dict[str, Any]:
    wait = WAITS_S[min(delivery.attempts, len(WAITS_S)) - 1]
    short = error[:255] if error else None
    return {
        "id": delivery.id, "attempts": delivery.attempts, "status": status, "code": code, "error": short, "wait": wait,
    }  # fmt: skip


async def resend(conn: AsyncConnection, endpoint: Row[Any], delivery_id: UUID) -> Row[Any]:
    """Tell an address something once more, now; NotFound, WebhookDisabled."""
    row = (await conn.execute(_AGAIN, {"id": delivery_id, "endpoint_id": endpoint.id})).one_or_none()
    if row is None:
        raise NotFound
    _require_active(endpoint)
    return row


def _require_active(endpoint: Row[Any]) -> None:
    """What is disabled is not called, so whoever asked for a call would wait for ever."""
    if endpoint.status != "active":
        raise WebhookDisabled
