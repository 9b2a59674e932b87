"""What is read of payments, their operations and refunds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import NotFound
from api.payments.models import payment_operations, payments, refunds

GONE = ("failed", "expired", "cancelled")

_SELLER = text("SELECT id FROM sellers WHERE user_id = :user_id")
_UNSETTLED = text(
    "SELECT idempotency_ref FROM payment_operations WHERE status IN ('requested', 'unknown') "
    "AND updated_at < now() - :age ORDER BY updated_at LIMIT :limit"
)
_RUN_OUT = text(
    "SELECT id FROM payments WHERE status = 'pending' AND expires_at < now() ORDER BY expires_at LIMIT :limit"
)
_REFUNDS_DUE = text(
    "SELECT id FROM refunds WHERE status = 'approved' AND next_attempt_at <= now() "
    "ORDER BY next_attempt_at LIMIT :limit"
)


async def read(conn: AsyncConnection, payment_id: UUID, *, lock: bool = False) -> Row[Any]:
    """A payment's row, locked when told so (after its order's); NotFound."""
    statement = select(payments).where(payments.c.id == payment_id)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def attempts(conn: AsyncConnection, order_id: UUID) -> Sequence[Row[Any]]:
    """All payments of an order, the newest first."""
    statement = select(payments).where(payments.c.order_id == order_id).order_by(payments.c.id.desc())
    return (await conn.execute(statement)).all()


async def live(conn: AsyncConnection, order_id: UUID) -> Row[Any] | None:
    """The order's one payment that is neither failed, expired nor cancelled."""
    statement = select(payments).where(payments.c.order_id == order_id, payments.c.status.not_in(GONE))
    return (await conn.execute(statement)).one_or_none()


async def operations(conn: AsyncConnection, payment_id: UUID) -> Sequence[Row[Any]]:
    """What was asked of the gateway for a payment, the oldest first."""
    statement = select(payment_operations).where(payment_operations.c.payment_id == payment_id)
    return (await conn.execute(statement.order_by(payment_operations.c.id))).all()


async def operation(conn: AsyncConnection, idempotency_ref: str, *, lock: bool = False) -> Row[Any] | None:
    """One operation by its reference, locked when told so."""
    statement = select(payment_operations).where(payment_operations.c.idempotency_ref == idempotency_ref)
    return (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()


async def refund(conn: AsyncConnection, refund_id: UUID, *, lock: bool = False) -> Row[Any]:
    """A refund's row, locked when told so (after its order's and payment's); NotFound."""
    statement = select(refunds).where(refunds.c.id == refund_id)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def refund_of(conn: AsyncConnection, cause_type: str, cause_id: UUID) -> Row[Any] | None:
    """The refund of a cause, if there is one: one per cause (R-PAY-11)."""
    by = (refunds.c.cause_type == cause_type) & (refunds.c.cause_id == cause_id)
    return (await conn.execute(select(refunds).where(by))).one_or_none()


async def granting_seller(conn: AsyncConnection, refund: Row[Any]) -> UUID | None:
    """The seller who granted a refund of own lines; None for every other refund."""
    if refund.cause_type != "seller":
        return None
    found: UUID | None = await conn.scalar(_SELLER, {"user_id": refund.requested_by})
    return found


async def asked_back(conn: AsyncConnection, payment_id: UUID) -> int:
    """The sum of a payment's refunds that are done or may still be, in minor units."""
    total = select(func.coalesce(func.sum(refunds.c.amount_minor), 0)).where(
        refunds.c.payment_id == payment_id, refunds.c.status.not_in(("rejected", "failed"))
    )
    return int(await conn.scalar(total) or 0)


async def unsettled(conn: AsyncConnection, age: timedelta, limit: int) -> Sequence[str]:
    """References of operations that have no result although they are `age` old."""
    return (await conn.execute(_UNSETTLED, {"age": age, "limit": limit})).scalars().all()


async def run_out(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Payments that nobody confirmed in time."""
    return (await conn.execute(_RUN_OUT, {"limit": limit})).scalars().all()


async def refunds_due(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Approved refunds whose next try is due."""
    return (await conn.execute(_REFUNDS_DUE, {"limit": limit})).scalars().all()
