"""What an order held or took is given back, once, whoever asks for it and however often (R-INV-7)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.inventory import queries
from api.inventory.service.counts import restock
from api.inventory.service.holds import ReleaseCause, live_hold, release
from api.inventory.service.movements import Cause
from api.outbox import Fact
from streams.events import Item


async def give_back(conn: AsyncConnection, order_id: UUID, cause: ReleaseCause) -> list[Fact]:
    """A hold is released, units that had left the stock are put back; those that were put back before are not.

    The order must be locked. The caller writes the facts.
    """
    hold = await live_hold(conn, order_id)
    if hold is None:
        return []
    if hold.status == "held":
        return (await release(conn, order_id, cause)).facts
    back = await queries.put_back(conn, hold.id, order_id)
    left = [Item(product_id=one.product_id, quantity=one.quantity - back.get(one.product_id, 0)) for one in hold.items]
    items = [item for item in left if item.quantity > 0]
    return await restock(conn, items=items, cause=Cause("order", order_id)) if items else []
