"""Money that is captured after its order has ended or goods have come back: it goes back as it would have then."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.orders import queries as orders
from api.orders import service as order_service
from api.payments import queries
from api.payments.service import refunds, unreplaced
from streams.events.orders import OrderCancelled, OrderReturned


async def give_back(conn: AsyncConnection, order: Row[Any], operation_id: UUID) -> None:
    """Refund by rule what a capture of this operation took too late; the order must be locked (R-ORD-10).

    All of it when the order was cancelled or nobody took its goods, else what returns promised and no refund gives.
    Goods that had cost nothing and came back before are taken out of the books that this capture put them into.
    """
    await order_service.unbook_late(conn, order)
    if order.status == "cancelled" or await orders.all_came_back(conn, order.id):
        await refunds.follow(conn, _wish(order.id, OrderCancelled.name, "cancel", operation_id))
    else:
        await give_owed(conn, order.id)


async def give_owed(conn: AsyncConnection, order_id: UUID) -> None:
    """Refund what returns and replacements promised and no refund gives, as far as it was captured.

    The order must be locked.
    """
    for row in await queries.returns_owed(conn, order_id):
        await refunds.follow(conn, _wish(order_id, OrderReturned.name, "return", row.id, row.refund_minor))
    await unreplaced.give_unreplaced(conn, order_id)


def _wish(order_id: UUID, reason: str, cause: str, cause_id: UUID, minor: int | None = None) -> refunds.Wish:
    return refunds.Wish(
        order_id, reason_code=reason, cause_type=cause, cause_id=cause_id, amount_minor=minor, approved_by="rule"
    )
