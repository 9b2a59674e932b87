"""The shopper says: pay. What that means depends on the payment's method."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.db import statement, transaction
from api.errors import GatewayUnavailable, PaymentDeclined, ValidationFailed
from api.payments import queries
from api.payments.gateways import Gateways
from api.payments.keyed import Keyed
from api.payments.paying import Payment
from api.payments.service import cash, charges, from_wallet, promptly, results, steps
from api.payments.service.wishes import Confirmation

Settle = Callable[[AsyncConnection, Row[Any]], Awaitable[Row[Any]]]

# Methods that need no gateway: decided in the transaction that asks.
AT_ONCE: Mapping[str, Settle] = MappingProxyType({"wallet": from_wallet.pay, "cod": cash.accept})


async def confirm(pool: AsyncEngine, gateways: Gateways, said: Confirmation, key: Keyed) -> Row[Any] | Payment:
    """Pay; the payment afterwards: success, or processing while a gateway has not decided or the money comes later.

    Raises what `steps.confirmable` raises, PaymentDeclined, WalletInsufficient, GatewayUnavailable, ValidationFailed
    for a card without its token, and Replayed when another call has the key.
    """
    gateway = gateways.first
    if said.token and key.fresh and not gateway.rests:
        paid = await promptly.pay(pool, gateway, said, key)
        if paid:
            return paid
    await key.take()
    return await _confirm(pool, gateways, said._replace(again=key.again))


async def _confirm(pool: AsyncEngine, gateways: Gateways, said: Confirmation) -> Row[Any]:
    async with statement(pool) as conn:
        payment = await queries.read(conn, said.payment_id)
    if said.again and _ended(payment, said):
        return payment
    at_once = AT_ONCE.get(payment.payment_method)
    if payment.payment_method != "card":
        said = said._replace(token=None)
    if payment.payment_method != "card" or (said.token is None and payment.gateway_transaction_id):
        async with transaction(pool) as conn:
            payment = await steps.confirmable(conn, said.user_id, payment)
            if at_once:
                return await at_once(conn, payment)
    if said.token is None and payment.gateway_transaction_id:
        return await _paid_there(pool, gateways, payment)
    if payment.payment_method != "card":
        raise GatewayUnavailable(gateway=payment.gateway, retry_after=1)  # it could not be opened there yet
    if said.token is None:
        entry = {
            "field": "body.gateway_token",
            "message": "is missing: cards are paid by their token",
            "code": "missing",
        }
        raise ValidationFailed(errors=[entry])
    charge = charges.Charge(said.user_id, payment, said.token, said.capture)
    return await charges.charge(pool, gateways.of(payment.gateway), charge)


async def _paid_there(pool: AsyncEngine, gateways: Gateways, payment: Row[Any]) -> Row[Any]:
    """The shopper paid on the gateway's own pages: it is asked what came of that; pending still when nothing did."""
    await results.resolve(pool, gateways, steps.whole(payment).idempotency_ref)
    async with statement(pool) as conn:
        payment = await queries.read(conn, payment.id)
    if payment.status == "failed":
        raise PaymentDeclined(reason=payment.failure_reason, payment_id=payment.id)
    return payment


def _ended(payment: Row[Any], said: Confirmation) -> bool:
    """Whether a dead call has confirmed a payment; PaymentDeclined when it was refused then."""
    if payment.user_id != said.user_id:
        return False
    if payment.status == "failed":
        raise PaymentDeclined(reason=payment.failure_reason, payment_id=payment.id)
    return payment.status in ("processing", "success")
