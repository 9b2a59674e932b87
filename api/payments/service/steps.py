"""What every change of a payment or refund has in common: the operation's trail, and the version its event counts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import NotFound, OrderState, PaymentExpired, PaymentState
from api.orders import queries as orders
from api.outbox import Fact
from api.payments import queries
from api.payments.gateway import Kind, Operation, Reply
from api.payments.models import payment_operations, payments, refunds
from api.payments.paying import Payment
from streams.events.payments import PaymentAuthorized, PaymentCreated, PaymentEvent, RefundEvent

OPEN = ("pending", "processing")
# What an operation's row says after a gateway's word; any other word leaves it unknown.
STATUS_OF = MappingProxyType(
    {"succeeded": "succeeded", "failed": "failed", "never received": "failed", "processing": "requested"}
)

# A payment that was opened at its gateway is noted since then.
_NOTE = (
    "INSERT INTO payment_operations AS o (id, payment_id, kind, amount_minor, status, idempotency_ref) "
    "VALUES (:id, :payment_id, :kind, :amount_minor, 'requested', :idempotency_ref) "
    "ON CONFLICT (idempotency_ref) DO UPDATE SET status = 'requested', updated_at = now() "
    "WHERE o.status IN ('requested', 'unknown') RETURNING id"
)
_REQUEST = text(_NOTE)
_UNDER_WAY = text("WITH paid AS (UPDATE payments SET status = 'processing' WHERE id = :payment_id) " + _NOTE)  # noqa: S608 - texts of this module


async def request(conn: AsyncConnection, operation: Operation, *, under_way: bool = False) -> UUID:
    """Note that the gateway is going to be asked; commit this before asking. Gives the id of the note.

    `under_way`: the locked payment is in processing from then on.
    """
    values = {
        "id": ids.new(),
        "payment_id": operation.payment_id,
        "kind": operation.kind,
        "amount_minor": operation.amount_minor,
        "idempotency_ref": operation.idempotency_ref,
    }
    noted: UUID = (await conn.execute(_UNDER_WAY if under_way else _REQUEST, values)).scalar_one()
    return noted


async def confirmable(conn: AsyncConnection, user_id: UUID, known: Row[Any]) -> Row[Any]:
    """A shopper's payment that waits to be confirmed, locked after its order; `known` is its row as it was read.

    Raises NotFound, PaymentExpired, PaymentState (not pending) and OrderState.
    """
    if known.user_id != user_id:
        raise NotFound
    order = await orders.locked(conn, known.order_id)
    payment = await queries.read(conn, known.id, lock=True)
    if payment.status == "expired" or (payment.status == "pending" and payment.expires_at <= ids.now()):
        raise PaymentExpired(payment_id=payment.id)
    if payment.status != "pending":
        raise PaymentState(payment_id=payment.id, status=payment.status)
    if order.status != "pending":
        raise OrderState(status=order.status)
    return payment


def charge_of(payment_id: UUID) -> str:
    """The reference under which a payment is charged."""
    return f"charge:{payment_id}"


def whole(payment: Row[Any] | Payment, kind: Kind = "capture") -> Operation:
    """The operation that takes all of a payment, or sets it aside with the kind `authorize`."""
    return Operation(
        idempotency_ref=charge_of(payment.id),
        kind=kind,
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        reference=payment.gateway_transaction_id,
        return_url=payment.return_url,
    )


async def note(conn: AsyncConnection, idempotency_ref: str, reply: Reply) -> None:
    """Write on the operation what the gateway said."""
    values = {
        "status": STATUS_OF.get(reply.outcome, "unknown"),
        "gateway_reference": reply.reference,
        "answer_code": code(reply),
        "updated_at": ids.now(),
    }
    this = payment_operations.c.idempotency_ref == idempotency_ref
    await conn.execute(update(payment_operations).where(this).values(values))


def code(reply: Reply) -> str:
    """The word for it in the operation's trail."""
    return reply.code or reply.outcome.replace(" ", "_")


def created(payment: Row[Any] | Payment) -> PaymentCreated:
    """That a payment was begun."""
    return PaymentCreated(
        payment_id=payment.id,
        order_id=payment.order_id,
        payment_method=payment.payment_method,
        gateway=payment.gateway,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        expires_at=payment.expires_at,
    )


async def advance(
    conn: AsyncConnection, payment: Row[Any], event: PaymentEvent, status: str, **columns: Any
) -> Row[Any]:
    """Move a locked payment to `status` and tell it; the payment afterwards."""
    version = payment.version + 1
    changed = {"status": status, "version": version, "next_action": None, "updated_at": ids.now(), **columns}
    await outbox.record(conn, Fact(event, seq=version))
    return await change(conn, payment.id, changed)


async def change(conn: AsyncConnection, payment_id: UUID, columns: Mapping[str, Any]) -> Row[Any]:
    """Change columns of a locked payment; the payment afterwards."""
    written = update(payments).where(payments.c.id == payment_id).values(columns).returning(payments)
    changed: Row[Any] = (await conn.execute(written)).one()
    return changed


async def authorize(conn: AsyncConnection, payment: Row[Any], **columns: Any) -> Row[Any]:
    """All of a locked payment is set aside or promised; the order stands on it (8.4). The payment afterwards."""
    event = PaymentAuthorized(
        payment_id=payment.id,
        order_id=payment.order_id,
        payment_method=payment.payment_method,
        gateway=payment.gateway,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        authorized_minor=payment.amount_minor,
    )
    return await advance(conn, payment, event, "processing", authorized_minor=payment.amount_minor, **columns)


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
