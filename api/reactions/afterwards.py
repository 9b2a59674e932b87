"""What has to speak to a gateway: outside any transaction, safe to repeat by the state of its row."""

from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncEngine

from api.errors import GatewayUnavailable
from api.payments import service as payments
from api.payouts import service as payouts
from streams.events.ledger import PayoutRequested
from streams.events.payments import (
    RefundApproved,
)


async def pay_back(pool: AsyncEngine, gateways: payments.Gateways, fact: RefundApproved) -> None:
    """The gateway pays; the sweeper takes over when this process dies, or the gateway refuses or rests."""
    with suppress(GatewayUnavailable):
        await payments.pay_back(pool, gateways, fact.refund_id)


async def pay_seller(pool: AsyncEngine, gateways: payments.Gateways, fact: PayoutRequested) -> None:
    """The gateway pays the seller; the sweeper takes over when this process dies, or the gateway refuses or rests."""
    with suppress(GatewayUnavailable):
        await payouts.pay(pool, gateways, fact.payout_id)
