"""What an order held or took is given back, once, whoever asks for it and however often (R-INV-7)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.inventory import queries
from api.inventory.service.counts import restock
from api.inventory.service.holds import ReleaseCause, live_hold, release
from api.inventory.service.movements import Cause
from api.outbox import Fact


async def give_back(conn: AsyncConnection, order_id: UUID, cause: ReleaseCause) -> list[Fact]:
    """A hold is released, units that had left the stock are put back; no facts when that was done before.

    The order must be locked. The caller writes the facts.
    """
    hold = await live_hold(conn, order_id)
    if hold is None:
        return []
    if hold.status == "held":
        return (await release(conn, order_id, cause)).facts
    if await queries.put_back(conn, hold.id, order_id):
        return []
    return await restock(conn, items=hold.items, cause=Cause("order", order_id))
