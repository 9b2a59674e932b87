"""What has to happen although nobody asks: holds run out, lost answers are asked for, refunds are tried again.

It needs PostgreSQL and the gateway only, so it works while the log is down. Every step picks what is due from a row's
state and settles it under the row's lock: it may run in several processes and die anywhere (R-ORD-10).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import outbox
from api.db import transaction
from api.inventory import service as inventory
from api.orders import queries as orders_read
from api.orders import service as orders
from api.payments import queries as payments_read
from api.payments import service as payments

EVERY_S = 1.0
AT_ONCE = 50
UNDECIDED = timedelta(seconds=2)

log = structlog.get_logger()

Step = Callable[[], Awaitable[None]]


class Sweeper:
    """Does what is due, about once a second."""

    def __init__(self, pool: AsyncEngine, gateway: payments.Gateway) -> None:
        self._pool = pool
        self._gateway = gateway

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop` is set; an error is logged and the step tried again."""
        while not stop.is_set():
            await self.sweep()
            try:
                await asyncio.wait_for(stop.wait(), EVERY_S)
            except TimeoutError:
                continue

    async def sweep(self) -> None:
        """Everything that is due now; one failing step does not keep the others from theirs."""
        steps: Sequence[Step] = (
            self.expire_payments,
            self.end_overdue_orders,
            self.ask_for_lost_answers,
            self.retry_refunds,
        )
        for step in steps:
            try:
                await step()
            except Exception as error:
                log.warning("sweep step failed", step=step.__name__, error=repr(error))

    async def expire_payments(self) -> None:
        """Payments that nobody confirmed in time; the gateway was never asked for those."""
        for payment_id in await self._due(payments_read.run_out):
            async with transaction(self._pool) as conn:
                await payments.expire(conn, payment_id)

    async def end_overdue_orders(self) -> None:
        """Orders whose hold has ended without a payment: cancelled, their stock free at once (R-ORD-11, R-INV-4)."""
        for order_id in await self._due(orders_read.overdue):
            async with transaction(self._pool) as conn:
                if await orders.end_unpaid(conn, order_id, reason="payment_expired", by="sweeper"):
                    await _release(conn, order_id)

    async def ask_for_lost_answers(self) -> None:
        """Operations without a result: asked for, and given up once they cannot be under way any more (R-PAY-3)."""
        async with transaction(self._pool) as conn:
            old = set(await payments_read.unsettled(conn, payments.IN_FLIGHT, AT_ONCE))
            undecided = await payments_read.unsettled(conn, UNDECIDED, AT_ONCE)
        for reference in undecided:
            await payments.resolve(self._pool, self._gateway, reference, certain=reference in old)

    async def retry_refunds(self) -> None:
        """Refunds whose next try is due (R-PAY-12)."""
        for refund_id in await self._due(payments_read.refunds_due):
            await payments.pay_back(self._pool, self._gateway, refund_id)

    async def _due(self, query: Callable[[AsyncConnection, int], Awaitable[Sequence[UUID]]]) -> Sequence[UUID]:
        async with transaction(self._pool) as conn:
            return await query(conn, AT_ONCE)


async def _release(conn: AsyncConnection, order_id: UUID) -> None:
    """The reaction to `order.cancelled` finds nothing left to release then."""
    hold = await inventory.live_hold(conn, order_id)
    if hold and hold.status == "held":
        hold = await inventory.release(conn, order_id, "expired")
        await outbox.record(conn, *hold.facts)
