"""What has to happen although nobody asks: holds run out, lost answers are asked for, refunds are tried again.

It needs PostgreSQL and the gateway only, so it works while the log is down. Every step picks what is due from a row's
state and settles it under the row's lock: it may run in several processes and die anywhere (R-ORD-10). Each step has
its own clock: a gateway that hangs holds up nobody's stock (R-INV-4).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids, outbox
from api.db import statement, transaction
from api.inventory import queries as inventory_read
from api.inventory import service as inventory
from api.orders import queries as orders_read
from api.orders import service as orders
from api.payments import queries as payments_read
from api.payments import service as payments
from api.payouts import queries as payouts_read
from api.payouts import service as payouts

EVERY_S = 1.0
SELDOM_S = 3.0
"""Between looks that find nothing, for what nobody waits for; a hold may end ten seconds late (R-INV-4)."""
AT_ONCE = 50
STEP_BACK_S = 5.0
UNDECIDED = timedelta(seconds=2)

log = structlog.get_logger()

Key = TypeVar("Key", bound=Hashable)


class Step(Generic[Key]):
    """One kind of thing that is due. What cannot be settled steps back, so that what is behind it gets its turn."""

    def __init__(
        self,
        name: str,
        due: Callable[[int], Awaitable[Sequence[Key]]],
        settle: Callable[[Key], Awaitable[object]],
        *,
        awaited: bool = False,
    ) -> None:
        self._name, self._awaited = name, awaited
        self.due, self.settle = due, settle
        self._back_at: dict[Key, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Settle what is due until `stop` is set: every second while something is, or somebody waits for it."""
        while not stop.is_set():
            found = True
            try:
                found = await self._sweep(stop)
            except Exception as error:  # whatever it is, the step is due again in a second
                log.warning("sweep step failed", step=self._name, error=repr(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S if found or self._awaited else SELDOM_S)

    async def _sweep(self, stop: asyncio.Event) -> bool:
        """Whether anything was due."""
        now = time.monotonic()
        self._back_at = {key: at for key, at in self._back_at.items() if at > now}
        keys = await self.due(AT_ONCE + len(self._back_at))
        for key in keys:
            if stop.is_set():
                break
            if key not in self._back_at:
                await self._attempt(key)
        return bool(keys)

    async def _attempt(self, key: Key) -> None:
        try:
            await self.settle(key)
        except Exception as error:  # whatever it is, the rows behind it get their turn
            self._back_at[key] = time.monotonic() + STEP_BACK_S
            log.warning("sweep failed", step=self._name, row=str(key), error=repr(error))


class Sweeper:
    """Does what is due, every second to every three."""

    def __init__(self, pool: AsyncEngine, gateways: payments.Gateways) -> None:
        self._pool = pool
        self._gateways = gateways

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop` is set; an error is logged and the row tried again."""
        async with asyncio.TaskGroup() as tasks:
            for step in self.steps():
                tasks.create_task(step.run(stop))

    def steps(self) -> tuple[Step[Any], ...]:
        """Everything that may be due, each with a clock of its own."""
        return (
            Step("expire payments", self._all(payments_read.run_out), self._expire_payment),
            Step("end abandoned payments", self._all(payments_read.abandoned), self._abandon_payment),
            Step("end overdue orders", self._all(orders_read.overdue), self._end_overdue_order),
            Step("end overdue holds", self._all(inventory_read.overdue), self._end_overdue_hold),
            Step("capture at pick-up", self._all(payments_read.picked_up), self._capture),
            Step("void what is left", self._all(payments_read.left_over), self._void),
            Step("pay sellers", self._all(payouts_read.due), self._pay_seller),
            Step("retry refunds", self._all(payments_read.refunds_due), self._retry_refund),
            Step("ask for lost answers", self._undecided, self._ask_for_lost_answer, awaited=True),
        )

    def _all(
        self, query: Callable[[AsyncConnection, int], Awaitable[Sequence[UUID]]]
    ) -> Callable[[int], Awaitable[Sequence[UUID]]]:
        async def due(limit: int) -> Sequence[UUID]:
            async with statement(self._pool) as conn:
                return await query(conn, limit)

        return due

    async def _expire_payment(self, payment_id: UUID) -> None:
        """Nobody confirmed it in time; the gateway was never asked for it."""
        async with transaction(self._pool) as conn:
            await payments.expire(conn, payment_id)

    async def _abandon_payment(self, payment_id: UUID) -> None:
        """A gateway holds it open for a shopper who did not come back: called off there first."""
        await payments.abandon(self._pool, self._gateways, payment_id)

    async def _end_overdue_order(self, order_id: UUID) -> None:
        """Its hold has ended without a payment: cancelled, its stock free at once (R-ORD-11, R-INV-4)."""
        async with transaction(self._pool) as conn:
            if await orders.end_unpaid(conn, order_id, reason="payment_expired", by="sweeper"):
                await _release(conn, order_id)

    async def _end_overdue_hold(self, reservation_id: UUID) -> None:
        """No order of ours lives by it: whoever took it did not come back in time (E-INV-3)."""
        async with transaction(self._pool) as conn:
            hold = await inventory.release(conn, cause="expired", reservation_id=reservation_id)
            await outbox.record(conn, *hold.facts)

    async def _undecided(self, limit: int) -> Sequence[tuple[str, bool]]:
        async with statement(self._pool) as conn:
            found = await payments_read.unsettled(conn, UNDECIDED, self._gateways.in_flight, limit)
        return [(one.idempotency_ref, one.certain) for one in found]

    async def _ask_for_lost_answer(self, operation: tuple[str, bool]) -> None:
        """Given up once the operation cannot be under way any more (R-PAY-3)."""
        reference, certain = operation
        await payments.resolve(self._pool, self._gateways, reference, certain=certain)

    async def _capture(self, payment_id: UUID) -> None:
        """A parcel has left: the money that was set aside is taken (R-PAY-16)."""
        await payments.capture(self._pool, self._gateways, payments.Capture(payment_id, None, ids.new()))

    async def _void(self, payment_id: UUID) -> None:
        """The order has ended: what was set aside for it is let go (R-PAY-16)."""
        await payments.void(self._pool, self._gateways, payment_id)

    async def _pay_seller(self, payout_id: UUID) -> None:
        """A payout is due: its process died, or the gateway refused, rested or did not answer."""
        await payouts.pay(self._pool, self._gateways, payout_id)

    async def _retry_refund(self, refund_id: UUID) -> None:
        """Its next try is due (R-PAY-12)."""
        await payments.pay_back(self._pool, self._gateways, refund_id)


async def _release(conn: AsyncConnection, order_id: UUID) -> None:
    """The reaction to `order.cancelled` finds nothing left to release then."""
    hold = await inventory.live_hold(conn, order_id)
    if hold and hold.status == "held":
        hold = await inventory.release(conn, order_id, "expired")
        await outbox.record(conn, *hold.facts)
