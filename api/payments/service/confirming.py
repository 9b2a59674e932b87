"""The shopper says: pay. What that means depends on the payment's method."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.db import transaction
from api.errors import ValidationFailed
from api.payments import queries
from api.payments.guard import Guard
from api.payments.service import charges, from_wallet, steps

Settle = Callable[[AsyncConnection, Row[Any]], Awaitable[Row[Any]]]

# Methods that need no gateway: decided in the transaction that asks.
AT_ONCE: Mapping[str, Settle] = MappingProxyType({"wallet": from_wallet.pay})


async def confirm(pool: AsyncEngine, gateway: Guard, user_id: UUID, payment_id: UUID, token: str | None) -> Row[Any]:
    """Pay; the payment afterwards: success, or processing while a gateway has not decided.

    Raises what `steps.confirmable` raises, PaymentDeclined, WalletInsufficient, GatewayUnavailable, and
    ValidationFailed for a card without its token.
    """
    async with transaction(pool) as conn:
        at_once = AT_ONCE.get((await queries.read(conn, payment_id)).payment_method)
        if at_once:
            return await at_once(conn, await steps.confirmable(conn, user_id, payment_id))
    if token is None:
        entry = {
            "field": "body.gateway_token",
            "message": "is missing: cards are paid by their token",
            "code": "missing",
        }
        raise ValidationFailed(errors=[entry])
    return await charges.charge(pool, gateway, user_id, payment_id, token)
