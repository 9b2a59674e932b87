"""One step of a complaint: its row and the fact that tells it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.complaints import queries
from api.complaints.models import complaints
from api.errors import ComplaintState
from api.outbox import Fact
from streams.events.complaints import ComplaintEvent


def require_open(complaint: Row[Any]) -> None:
    """ComplaintState once it is settled."""
    if complaint.status not in queries.OPEN:
        raise ComplaintState(complaint_id=complaint.id, status=complaint.status)


def about(complaint: Row[Any]) -> dict[str, Any]:
    """What every fact of a complaint says."""
    known = {"order_id": complaint.order_id, "order_item_id": complaint.order_item_id, "seller_id": complaint.seller_id}
    return {"complaint_id": complaint.id, **known}


async def advance(conn: AsyncConnection, complaint: Row[Any], event: ComplaintEvent, values: Mapping[str, Any]) -> None:
    """Change the row and tell why; the order must be locked."""
    version = complaint.version + 1
    changed = {**values, "version": version, "updated_at": ids.now()}
    await conn.execute(update(complaints).where(complaints.c.id == complaint.id).values(changed))
    await outbox.record(conn, Fact(event, seq=version))
