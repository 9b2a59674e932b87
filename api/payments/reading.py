"""Payments and refunds as their callers may see them: shoppers own ones, sellers theirs, operators all."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Identity
from api.errors import NotFound
from api.orders import queries as orders
from api.pagination import Keyset, Page
from api.payments import queries
from api.payments.models import payments, refunds
from api.payments.schemas import (
    OperationAnswer,
    OrderPayments,
    PaymentAnswer,
    PaymentStatus,
    RefundAnswer,
    RefundsWanted,
)
from api.payments.service.belonging import is_of


async def of_order(conn: AsyncConnection, caller: Identity, order_id: UUID) -> OrderPayments | PaymentStatus:
    """The payments of an order; a seller of one of its lines sees the status only. NotFound."""
    order = await orders.read(conn, order_id)
    attempts = [PaymentAnswer.model_validate(row) for row in await queries.attempts(conn, order_id)]
    current = attempts[0] if attempts else None
    if not caller.shopped(order.user_id) and not caller.operator:
        if caller.seller_id is None or caller.seller_id not in await orders.sellers(conn, order_id):
            raise NotFound
        return PaymentStatus(status=current.status if current else None)
    operations = await queries.operations(conn, current.id) if current and caller.operator else []
    return OrderPayments(
        current=current,
        attempts=attempts,
        operations=[OperationAnswer.model_validate(row) for row in operations],
    )


async def refund(conn: AsyncConnection, caller: Identity, refund_id: UUID) -> Row[Any]:
    """One refund; NotFound for somebody else's."""
    statement = select(refunds).where(refunds.c.id == refund_id, *_visible(caller))
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def page(conn: AsyncConnection, caller: Identity, wanted: RefundsWanted, *, secret: str) -> Page[RefundAnswer]:
    """One page of the refunds that the caller may see; CursorInvalid."""
    column = refunds.c.amount_minor if wanted.sort.endswith("amount") else refunds.c.created_at
    filters = wanted.filters | {"caller": caller.user_id}
    keyset = Keyset(secret, wanted.sort, column, refunds.c.id, filters)
    statement = select(refunds).where(*_visible(caller), *_chosen(wanted))
    return (await keyset.read(conn, statement, wanted)).of(RefundAnswer)


def _visible(caller: Identity) -> list[ColumnElement[bool]]:
    """Operators see all, shoppers what goes back to them, sellers what is theirs beside it, keys that alone."""
    if caller.operator:
        return []
    if caller.scopes is not None:
        return [is_of(literal(caller.seller_id))]
    mine = exists().where(payments.c.id == refunds.c.payment_id, payments.c.user_id == caller.user_id)
    return [mine if caller.seller_id is None else or_(mine, is_of(literal(caller.seller_id)))]


def _chosen(wanted: RefundsWanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status:
        conditions.append(refunds.c.status.in_(wanted.status))
    if wanted.order_id:
        conditions.append(refunds.c.order_id == wanted.order_id)
    if wanted.since:
        conditions.append(refunds.c.created_at >= wanted.since)
    if wanted.until:
        conditions.append(refunds.c.created_at < wanted.until)
    return conditions
