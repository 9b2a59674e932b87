"""Payments that need one statement to begin, and two beside the gateway's word to be paid; None: go the long way."""

from datetime import datetime
from secrets import token_urlsafe
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from api import ids, outbox
from api.db import statement, violated
from api.ledger import service as ledger
from api.orders import queries as orders
from api.outbox import Fact
from api.payments import paying
from api.payments.gateway import Reply
from api.payments.gateways import Gateways, Guard
from api.payments.keyed import Keyed
from api.payments.paying import Payment
from api.payments.service import captures, charges, steps
from api.payments.service.captures import Sale
from api.payments.service.wishes import Confirmation, Intent


class _Begun(NamedTuple):
    payment: Payment
    sale: Sale


async def open_(pool: AsyncEngine, gateways: Gateways, wish: Intent, key: Keyed) -> Payment | None:
    """The first payment of a pending order, at a gateway where nothing is opened beforehand.

    Raises what `Gateways.choose` raises.
    """
    async with statement(pool) as conn:
        order = (await conn.execute(paying.READ_ORDER, {"order_id": wish.order_id})).one_or_none()
    if order is None or order.user_id != wish.user_id or order.tried:
        return None
    moment, method = ids.now(), wish.method or order.payment_method
    gateway = gateways.choose(method, wish.gateway)
    if order.status != "pending" or order.hold_expires_at <= moment or gateways.opening(gateway):
        return None
    payment = Payment(
        id=ids.new(),
        order_id=wish.order_id,
        status="pending",
        payment_method=method,
        gateway=gateway,
        amount_minor=order.total_minor,
        currency=order.currency,
        expires_at=order.hold_expires_at,
        created_at=moment,
        return_url=wish.return_url,
        client_secret=token_urlsafe(24),
    )
    return payment if await _opened(pool, payment, order, key) else None


async def _opened(pool: AsyncEngine, payment: Payment, order: Row[Any], key: Keyed) -> bool:
    answer = key.answer(payment)
    values = {
        "payment_id": payment.id,
        "order_version": order.version,
        "user_id": order.user_id,
        "moment": payment.created_at,
        **{name: getattr(payment, name) for name in _OPENED},
    }
    told = outbox.rows([Fact(steps.created(payment), seq=1)])
    sent = paying.OPEN_ONCE if key.used else paying.OPEN
    try:
        async with statement(pool) as conn:
            done = await conn.scalar(sent, {**values, **told, **key.keeping(answer)})
    except IntegrityError as error:
        if violated(error) != "uq_payments_live":
            raise
        return False
    if done:
        key.stored = answer
    return bool(done)


_OPENED = (
    "order_id", "payment_method", "gateway", "return_url", "client_secret", "amount_minor", "currency", "expires_at",
)  # fmt: skip


async def pay(pool: AsyncEngine, gateway: Guard, said: Confirmation, key: Keyed) -> Payment | Row[Any] | None:
    """A charge of a pending payment of that gateway; raises PaymentDeclined, and Replayed when the key is not ours."""
    with gateway.admission():
        begun = await _begun(pool, gateway.name, said, key)
        if begun is None:
            return None
        operation = steps.whole(begun.payment, said.kind)
        reply = await charges.ask(gateway, operation, said.token)
    if reply.outcome == "succeeded" and said.capture and begun.sale.minor == begun.payment.amount_minor:
        done = await _book(pool, begun, reply, key)
        if done:
            return done
    return await charges.decide(pool, operation.idempotency_ref, reply)


async def _begun(pool: AsyncEngine, gateway: str, said: Confirmation, key: Keyed) -> _Begun | None:
    values = {
        "payment_id": said.payment_id,
        "user_id": said.user_id,
        "gateway": gateway,
        "kind": said.kind,
        "operation_id": ids.new(),
        "ref": steps.charge_of(said.payment_id),
        "moment": ids.now(),
    }
    sent = paying.BEGIN_CHARGE_ONCE if key.used else paying.BEGIN_CHARGE
    async with statement(pool) as conn:
        rows = (await conn.execute(sent, {**values, **key.claiming()})).all()
    await key.taken(rows[0].effect)
    if rows[0].operation_id is None:
        return None
    return _Begun(paying.payment(rows[0]), Sale(*orders.sale_of(rows)))


async def _book(pool: AsyncEngine, begun: _Begun, reply: Reply, key: Keyed) -> Payment | None:
    """The payment after all of it was taken, booked; None when somebody else has decided it meanwhile."""
    moment = ids.now()
    done = _paid(begun.payment, reply.reference)
    answer, entries = key.answer(done), ledger.of_sale(_cause(done, moment), begun.sale.lines, begun.sale.shipping)
    told = outbox.rows([Fact(captures.processed(done, done.captured_minor), seq=done.version), *ledger.facts(entries)])
    values = {
        "payment_id": done.id,
        "version": done.version,
        "moment": moment,
        "reference": reply.reference,
        "answer_code": steps.code(reply),
        "ref": steps.charge_of(done.id),
    }
    sent = paying.BOOK_ONCE if key.used else paying.BOOK
    async with statement(pool) as conn:
        row = (await conn.execute(sent, {**values, **ledger.columns(entries), **told, **key.keeping(answer)})).one()
    if not row.done:
        return None
    answer.kept, key.stored = row.kept, answer
    return done


def _paid(payment: Payment, reference: str | None) -> Payment:
    return msgspec.structs.replace(
        payment,
        status="success",
        authorized_minor=payment.amount_minor,
        captured_minor=payment.amount_minor,
        gateway_transaction_id=reference or payment.gateway_transaction_id,
        next_action=None,
        version=payment.version + 1,
    )


def _cause(payment: Payment, moment: datetime) -> ledger.Cause:
    identity: UUID = payment.id
    return ledger.Cause(
        type="payment",
        id=identity,
        order_id=payment.order_id,
        currency=payment.currency,
        gateway=payment.gateway,
        at=moment,
    )
