"""Cash on delivery: promised at the confirmation, paid at the door, called off when nobody takes it (R-PAY-9)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.orders import queries as orders
from api.payments import queries
from api.payments.gateway import Operation, Reply
from api.payments.service import captures, late, steps

DONE = Reply(outcome="succeeded")


async def accept(conn: AsyncConnection, payment: Row[Any]) -> Row[Any]:
    """A confirmable payment is promised: it stands as authorized until the goods are delivered."""
    operation = steps.whole(payment, "authorize")
    await steps.request(conn, operation)
    await steps.note(conn, operation.idempotency_ref, DONE)
    await steps.authorize(conn, payment)
    return await queries.read(conn, payment.id)


async def collect(conn: AsyncConnection, order_id: UUID) -> None:
    """No parcel is waited for any more: the carrier took the money of those that arrived. Nothing for other methods.

    Goods of the first that came back before the last one arrived, or came back too, are paid back with it.
    """
    order = await orders.locked(conn, order_id)
    known = await queries.live(conn, order_id)
    if known is None or known.gateway != "cod":
        return
    payment = await queries.read(conn, known.id, lock=True)
    if payment.status != "processing":
        return
    sale = await captures.whole_sale(conn, order_id)
    taken = captures.of_sellers(sale, await orders.delivered_sellers(conn, order_id))
    if not taken.minor:
        return
    operation = Operation(
        idempotency_ref=f"capture:{payment.id}:1",
        kind="capture",
        payment_id=payment.id,
        amount_minor=taken.minor,
        currency=payment.currency,
    )
    operation_id = await steps.request(conn, operation)
    await steps.note(conn, operation.idempotency_ref, DONE)
    await captures.book(conn, payment, taken, operation_id=operation_id, last=True)
    await late.give_back(conn, order, operation_id)
