"""What every change of a payment or refund has in common: the operation's trail, and the version its event counts."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.outbox import Fact
from api.payments.gateway import Operation, Reply
from api.payments.models import payment_operations, payments, refunds
from streams.events.payments import PaymentEvent, RefundEvent

OPEN = ("pending", "processing")

_REQUEST = text(
    "INSERT INTO payment_operations (id, payment_id, kind, amount_minor, status, idempotency_ref) "
    "VALUES (:id, :payment_id, :kind, :amount_minor, 'requested', :idempotency_ref)"
)


async def request(conn: AsyncConnection, operation: Operation, kind: str) -> None:
    """Note that the gateway is going to be asked; commit this before asking."""
    values = {
        "id": ids.new(),
        "payment_id": operation.payment_id,
        "kind": kind,
        "amount_minor": operation.amount_minor,
        "idempotency_ref": operation.idempotency_ref,
    }
    await conn.execute(_REQUEST, values)


async def note(conn: AsyncConnection, idempotency_ref: str, reply: Reply) -> None:
    """Write on the operation what the gateway said."""
    status = {"succeeded": "succeeded", "failed": "failed", "never received": "failed", "processing": "requested"}
    values = {
        "status": status.get(reply.outcome, "unknown"),
        "gateway_reference": reply.reference,
        "answer_code": reply.code or reply.outcome.replace(" ", "_"),
        "updated_at": ids.now(),
    }
    this = payment_operations.c.idempotency_ref == idempotency_ref
    await conn.execute(update(payment_operations).where(this).values(values))


async def advance(conn: AsyncConnection, payment: Row[Any], event: PaymentEvent, status: str, **columns: Any) -> None:
    """Move a locked payment to `status` and tell it."""
    version = payment.version + 1
    changed = {"status": status, "version": version, "updated_at": ids.now(), **columns}
    await conn.execute(update(payments).where(payments.c.id == payment.id).values(changed))
    await outbox.record(conn, Fact(event, seq=version))


async def advance_refund(
    conn: AsyncConnection, refund: Row[Any], status: str, event: RefundEvent, **columns: Any
) -> None:
    """Move a locked refund to `status` and tell it."""
    version = refund.version + 1
    await set_refund(conn, refund.id, status=status, version=version, **columns)
    await outbox.record(conn, Fact(event, seq=version))


async def set_refund(conn: AsyncConnection, refund_id: UUID, **columns: Any) -> None:
    """Change columns of a locked refund."""
    await conn.execute(update(refunds).where(refunds.c.id == refund_id).values(**columns, updated_at=ids.now()))
