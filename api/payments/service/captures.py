"""Money taken: booked as the sale it is, whole or in parts, in the transaction that says so (R-LED-2, R-LED-3)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.ledger import service as ledger
from api.orders import queries as orders
from api.payments import queries
from api.payments.models import payments
from api.payments.service import steps
from streams.events.payments import PaymentProcessed


async def book(
    conn: AsyncConnection, payment: Row[Any], minor: int, *, operation_id: UUID, wallet_id: UUID | None = None
) -> None:
    """Book `minor` of a locked payment as captured by an operation; the last of it makes the payment a success."""
    cause = ledger.Cause(
        type="payment" if minor == payment.amount_minor else "capture",
        id=payment.id if minor == payment.amount_minor else operation_id,
        order_id=payment.order_id,
        currency=payment.currency,
        gateway=payment.gateway,
        wallet_id=wallet_id,
        at=ids.now(),
    )
    sold = await orders.sold_lines(conn, payment.order_id)
    shipping = await orders.shipping_by_seller(conn, payment.order_id)
    earlier = await queries.captured(conn, payment.id, but=operation_id)
    if minor != payment.amount_minor:
        sold, shipping = ledger.parts(sold, shipping, earlier, minor)
    journal = await ledger.post(conn, ledger.of_sale(cause, sold, shipping))
    await _advance(conn, payment, payment.captured_minor + minor, wallet_id)
    await outbox.record(conn, *journal)


async def _advance(conn: AsyncConnection, payment: Row[Any], captured: int, wallet_id: UUID | None) -> None:
    money = {"captured_minor": captured, "authorized_minor": max(captured, payment.authorized_minor)}
    if captured < payment.amount_minor:
        changed = {**money, "updated_at": ids.now()}
        await conn.execute(update(payments).where(payments.c.id == payment.id).values(changed))
        return
    event = PaymentProcessed(
        payment_id=payment.id,
        order_id=payment.order_id,
        amount_minor=captured,
        currency=payment.currency,
        gateway=payment.gateway,
        payment_method=payment.payment_method,
    )
    await steps.advance(conn, payment, event, "success", **money, wallet_id=wallet_id)
