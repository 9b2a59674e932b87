"""The shopper says: pay. What that means depends on the payment's method."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.db import statement, transaction
from api.errors import GatewayUnavailable, PaymentDeclined, ValidationFailed
from api.payments import queries
from api.payments.gateways import Gateways
from api.payments.service import cash, charges, from_wallet, results, steps

Settle = Callable[[AsyncConnection, Row[Any]], Awaitable[Row[Any]]]

# Methods that need no gateway: decided in the transaction that asks.
AT_ONCE: Mapping[str, Settle] = MappingProxyType({"wallet": from_wallet.pay, "cod": cash.accept})


class Confirmation(NamedTuple):
    """Who pays what, with which card if by card, and whether cards are charged now or at pick-up (R-PAY-16).

    `again`: the same call was made before, and died before it could answer.
    """

    user_id: UUID
    payment_id: UUID
    token: str | None
    capture: bool = True
    again: bool = False


async def confirm(pool: AsyncEngine, gateways: Gateways, said: Confirmation) -> Row[Any]:
    """Pay; the payment afterwards: success, or processing while a gateway has not decided or the money comes later.

    Raises what `steps.confirmable` raises, PaymentDeclined, WalletInsufficient, GatewayUnavailable, and
    ValidationFailed for a card without its token.
    """
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
