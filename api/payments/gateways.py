"""Which gateways there are, each behind its guard."""

from sqlalchemy.ext.asyncio import AsyncEngine

from api.payments.card_network import CardNetwork
from api.payments.guard import Guard
from api.settings import GatewaySettings

# Wallets and cash need nobody outside: they are settled by us, and named so that the books tell them apart.
GATEWAY_OF = {"card": "test", "wallet": "wallet", "cod": "cod"}


def gateway(pool: AsyncEngine, webhook_secret: str, settings: GatewaySettings | None = None) -> Guard:
    """The gateway of card payments. Others stand beside it when they come: one adapter each, chosen by `GATEWAY_OF`."""
    return Guard(CardNetwork(pool, webhook_secret), settings)


__all__ = ["GATEWAY_OF", "Guard", "gateway"]
