"""Which gateways there are, and the bound on every call to one (R-PAY-4)."""

import asyncio
from collections.abc import Awaitable

from sqlalchemy.ext.asyncio import AsyncEngine

from api.payments.card_network import CardNetwork
from api.payments.gateway import Gateway, Reply

CALL_S = 10.0
GATEWAY_OF = {"card": "test"}


def gateway(pool: AsyncEngine, webhook_secret: str) -> CardNetwork:
    """The gateway of card payments. Others stand beside it when they come: one adapter each, chosen by `GATEWAY_OF`."""
    return CardNetwork(pool, webhook_secret)


async def answer(call: Awaitable[Reply]) -> Reply:
    """A gateway's reply; unknown when none comes in 10 s or the way to it breaks."""
    try:
        async with asyncio.timeout(CALL_S):
            return await call
    except (TimeoutError, OSError):
        return Reply(outcome="unknown")


__all__ = ["GATEWAY_OF", "Gateway", "answer", "gateway"]
