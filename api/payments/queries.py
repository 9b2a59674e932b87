"""What is read of payments, their operations and refunds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import NotFound
from api.orders.service import Claim
from api.payments import promises
from api.payments.gateway import Operation
from api.payments.models import payment_operations, payments, refunds

GONE = ("failed", "expired", "cancelled")

_SELLER = text("SELECT id FROM sellers WHERE user_id = :user_id")
# While the shopper is on the bank's page, the gateway is asked seldom: its webhook comes first. What was only opened at
# the gateway waits for the shopper alone.
_UNSETTLED = text(
    "SELECT idempotency_ref, updated_at < now() - :sure AS certain FROM ("
    "SELECT o.idempotency_ref, o.updated_at + CASE WHEN p.next_action IS NULL OR o.kind = 'void' THEN interval '0' "
    "ELSE interval '20 s' END AS updated_at FROM payment_operations o JOIN payments p ON p.id = o.payment_id "
    "WHERE o.status IN ('requested', 'unknown') AND (p.status <> 'pending' OR o.kind = 'void') "
    "UNION ALL SELECT idempotency_ref, updated_at FROM top_ups WHERE status IN ('requested', 'unknown')) AS asked "
    "WHERE updated_at < now() - :age ORDER BY updated_at LIMIT :limit"
)
_NOTED = text(
    "SELECT o.idempotency_ref, o.payment_id, o.kind, o.amount_minor, p.currency, p.gateway, "
    "p.gateway_transaction_id AS reference, o.idempotency_ref NOT LIKE 'charge:%' AS later "
    "FROM payment_operations o JOIN payments p ON p.id = o.payment_id WHERE o.idempotency_ref = :ref "
    "UNION ALL SELECT idempotency_ref, id, 'top_up', amount_minor, currency, gateway, gateway_reference, false "
    "FROM top_ups WHERE idempotency_ref = :ref"
)
# Failed tries are repeated every minute, until somebody looks.
_AUTHORIZED = """
SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id
WHERE p.status = 'processing' AND p.authorized_minor > p.captured_minor AND p.gateway_transaction_id IS NOT NULL
  AND {due} AND NOT EXISTS (
    SELECT FROM payment_operations t WHERE t.payment_id = p.id AND (
        t.status IN ('requested', 'unknown') OR t.status = 'failed' AND t.updated_at > now() - interval '1 minute'))
ORDER BY p.updated_at LIMIT :limit
"""
_PICKED_UP = text(
    _AUTHORIZED.format(
        due="""o.status NOT IN ('cancelled', 'returned') AND EXISTS (
    SELECT FROM shipments s WHERE s.order_id = o.id AND s.kind = 'outbound'
    AND s.status NOT IN ('pending', 'cancelled'))"""
    )
)
_LEFT_OVER = text(_AUTHORIZED.format(due="o.status IN ('cancelled', 'returned')"))
_RETURNS_OWED = text(
    "SELECT id, refund_minor FROM order_returns t WHERE order_id = :order_id AND status = 'received' "
    "AND refund_minor > 0 AND NOT EXISTS (SELECT FROM refunds r WHERE r.cause_type = 'return' AND r.cause_id = t.id) "
    "ORDER BY id"
)
_RUN_OUT = text(
    "SELECT id FROM payments WHERE status = 'pending' AND expires_at < now() AND gateway_transaction_id IS NULL "
    "ORDER BY expires_at LIMIT :limit"
)
_ABANDONED = text(
    "SELECT id FROM payments p WHERE expires_at < now() AND gateway_transaction_id IS NOT NULL "
    "AND authorized_minor = 0 AND (status = 'pending' OR status = 'processing' AND next_action IS NOT NULL) "
    "AND NOT EXISTS (SELECT FROM payment_operations o WHERE o.payment_id = p.id AND o.kind = 'void' "
    "AND o.status IN ('requested', 'unknown')) ORDER BY expires_at LIMIT :limit"
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


async def charged(conn: AsyncConnection, idempotency_ref: str) -> Row[Any]:
    """The payment of a charge, locked, with `operation_id` and `operation_kind` of what was asked; NotFound."""
    made = payment_operations.c
    asked = select(payments, made.id.label("operation_id"), made.kind.label("operation_kind"))
    statement = asked.join_from(payments, payment_operations).where(made.idempotency_ref == idempotency_ref)
    row = (await conn.execute(statement.with_for_update(of=payments))).one_or_none()
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


async def captured(conn: AsyncConnection, payment_id: UUID, *, but: UUID) -> Sequence[int]:
    """What was captured of a payment, one amount per operation in their order, without the operation `but`."""
    made = payment_operations.c
    done = (made.payment_id == payment_id) & (made.kind == "capture") & (made.status == "succeeded") & (made.id != but)
    return (await conn.execute(select(made.amount_minor).where(done).order_by(made.id))).scalars().all()


async def operation(conn: AsyncConnection, idempotency_ref: str, *, lock: bool = False) -> Row[Any] | None:
    """One operation by its reference, locked when told so."""
    statement = select(payment_operations).where(payment_operations.c.idempotency_ref == idempotency_ref)
    return (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()


async def noted(conn: AsyncConnection, idempotency_ref: str) -> Row[Any] | None:
    """What was asked of the gateway under a reference, for a payment or a wallet.

    `reference` is the gateway's name of the payment, if there is one by now; `later` is true of a capture, void or
    refund, which comes after it.
    """
    return (await conn.execute(_NOTED, {"ref": idempotency_ref})).one_or_none()


def as_operation(noted: Row[Any]) -> Operation:
    """The same operation once more, under the same reference."""
    return Operation(
        idempotency_ref=noted.idempotency_ref,
        kind=noted.kind,
        payment_id=noted.payment_id,
        amount_minor=noted.amount_minor,
        currency=noted.currency,
        reference=noted.reference,
    )


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


async def given_back(conn: AsyncConnection, cause_type: str, cause_ids: Sequence[UUID]) -> int:
    """The sum of the refunds of some causes that are done or may still be, in minor units."""
    by = (refunds.c.cause_type == cause_type) & refunds.c.cause_id.in_(cause_ids)
    total = select(func.coalesce(func.sum(refunds.c.amount_minor), 0))
    return int(await conn.scalar(total.where(by, refunds.c.status.not_in(("rejected", "failed")))) or 0)


async def claim(conn: AsyncConnection, refund: Row[Any]) -> Claim:
    """A refund as its order's lines see it, with the seller when one granted it of own lines."""
    by_seller = refund.cause_type == "seller"
    seller_id = await conn.scalar(_SELLER, {"user_id": refund.requested_by}) if by_seller else None
    return Claim(refund.amount_minor, refund.cause_type, refund.cause_id, seller_id)


async def promised(conn: AsyncConnection, order_id: UUID, *, but: UUID | None = None) -> list[Claim]:
    """The order's refunds under way that are bound to lines, sellers' grants and returns, without the one of `but`."""
    rows = await conn.execute(promises.PROMISED, {"order_id": order_id, "but": but})
    return [Claim(*row) for row in rows]


async def undecided(conn: AsyncConnection, payment_id: UUID) -> Sequence[Row[Any]]:
    """The payment's refunds that wait for a decision, locked (after its order and itself)."""
    waiting = (refunds.c.payment_id == payment_id) & (refunds.c.status == "requested")
    return (await conn.execute(select(refunds).where(waiting).order_by(refunds.c.id).with_for_update())).all()


async def asked_back(conn: AsyncConnection, payment_id: UUID, *, but: UUID | None = None) -> int:
    """The sum of a payment's refunds that are done or may still be, in minor units.

    With what verdicts on complaints have promised of it, without the complaint of `but`.
    """
    return int(await conn.scalar(promises.ASKED_BACK, {"payment_id": payment_id, "but": but}) or 0)


async def unsettled(conn: AsyncConnection, age: timedelta, sure: timedelta, limit: int) -> Sequence[Row[Any]]:
    """idempotency_ref of operations that have no result although they are `age` old; `certain` when they are `sure`."""
    return (await conn.execute(_UNSETTLED, {"age": age, "sure": sure, "limit": limit})).all()


async def returns_owed(conn: AsyncConnection, order_id: UUID) -> Sequence[Row[Any]]:
    """The order's received returns whose money was promised and for which there is no refund."""
    return (await conn.execute(_RETURNS_OWED, {"order_id": order_id})).all()


async def run_out(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Payments that nobody confirmed in time, and that no gateway knows of."""
    return (await conn.execute(_RUN_OUT, {"limit": limit})).scalars().all()


async def abandoned(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Payments that a gateway holds open for a shopper who did not come back in time."""
    return (await conn.execute(_ABANDONED, {"limit": limit})).scalars().all()


async def picked_up(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Payments whose money is set aside although a parcel of theirs has left (R-PAY-16)."""
    return (await conn.execute(_PICKED_UP, {"limit": limit})).scalars().all()


async def left_over(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Payments of which money is set aside although their order has ended."""
    return (await conn.execute(_LEFT_OVER, {"limit": limit})).scalars().all()


async def refunds_due(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Approved refunds whose next try is due."""
    return (await conn.execute(_REFUNDS_DUE, {"limit": limit})).scalars().all()
