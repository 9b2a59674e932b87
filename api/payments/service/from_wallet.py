"""Paying out of a wallet: debited and captured in one transaction, without a gateway (R-PAY-8)."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.payments import queries
from api.payments.gateway import Reply
from api.payments.service import captures, steps
from api.wallets import service as wallets


async def pay(conn: AsyncConnection, payment: Row[Any]) -> Row[Any]:
    """Debit the shopper's wallet for a confirmable payment; WalletInsufficient leaves the payment open."""
    operation = steps.whole(payment)
    operation_id = await steps.request(conn, operation)
    await steps.note(conn, operation.idempotency_ref, Reply(outcome="succeeded"))
    debit = wallets.Change(
        user_id=payment.user_id,
        currency=payment.currency,
        delta_minor=-payment.amount_minor,
        cause_type="payment",
        cause_id=payment.id,
    )
    wallet_id = await wallets.move(conn, debit)
    sale = await captures.whole_sale(conn, payment.order_id)
    await captures.book(conn, payment, sale, operation_id=operation_id, wallet_id=wallet_id)
    return await queries.read(conn, payment.id)
