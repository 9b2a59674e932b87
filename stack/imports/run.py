"""Runs one import from the file to the marts and says what it did."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from api import db, ids
from api.history import service as history
from stack.demo import accounts
from stack.imports import online_retail, rees46, window
from stack.imports.booking import Booked, Booker
from stack.imports.clicks import Sender, Sent
from stack.imports.known import settled
from stack.imports.plan import Plan
from stack.imports.sources import UnreadableFileError
from stack.imports.target import Target
from stack.imports.waiting import until_clicked, until_landed, until_published

STATEMENT_TIMEOUT_MS = 120_000
PLANS: dict[str, Callable[[Path, str], Plan]] = {
    online_retail.SOURCE: online_retail.plan,
    rees46.SOURCE: rees46.plan,
}


class BusyError(Exception):
    """Another import of the same source is running."""


class Progress(Protocol):
    """Whom a run tells how far it is."""

    def begin(self, step: str, pieces: int | None) -> None:
        """A step begins; it has `pieces` pieces, or nobody knows how many."""

    def advance(self, pieces: int) -> None:
        """That many more pieces are done."""


@dataclass(frozen=True)
class Job:
    """What to import: `days` keeps the newest days alone, `step` moves everything by whole steps up to now."""

    path: Path
    data_set: str
    source: str
    days: int | None = None
    step: timedelta | None = None
    wait: bool = True


async def run(job: Job, target: Target, progress: Progress) -> dict[str, Any]:
    """Plan, book, send and wait; the summary names all that was taken, and what was skipped by reason.

    UnreadableFileError, BusyError, StuckError, and the errors of servers that stay away for minutes.
    """
    began = time.monotonic()
    progress.begin(f"Reading {job.path.name}", None)
    plan = PLANS[job.data_set](job.path, job.source)
    if plan.rows and plan.rows == sum(plan.skipped.values()):
        reasons = "; ".join(f"{reason} ({times:,})" for reason, times in plan.skipped.items())
        raise UnreadableFileError(f"none of the {plan.rows:,} rows of {job.path.name} can be taken: {reasons}")
    pool = db.engine(target.postgres_dsn, size=3, statement_timeout_ms=STATEMENT_TIMEOUT_MS)
    try:
        async with pool.connect() as turn:
            if not await history.take_turn(turn, job.source):
                raise BusyError(f"an import of {job.source} is running: wait for it to end")
            await turn.commit()
            summary = await _Run(job, target, progress, pool).all(plan)
    finally:
        await pool.dispose()
    return {**summary, "seconds": round(time.monotonic() - began, 1)}


class _Run:
    """One import, its turn taken."""

    def __init__(self, job: Job, target: Target, progress: Progress, pool: AsyncEngine) -> None:
        self.job, self.target, self.progress, self.pool = job, target, progress, pool

    async def all(self, whole: Plan) -> dict[str, Any]:
        """Every step; the answer is the summary without its duration."""
        plan, by = await self._placed_in_time(whole)
        booked, booker = await self._book(plan)
        clicks = await self._click(plan, booker, by)
        if self.job.wait:
            await self._wait(booked, clicks)
        return _summary(booker.plan, booked, clicks, by)

    async def _placed_in_time(self, plan: Plan) -> tuple[Plan, timedelta]:
        """The days that are wanted, moved as far as the first run of this source moved them."""
        plan = window.newest(plan, self.job.days) if self.job.days else plan
        if self.job.step is None or plan.until is None:
            return plan, timedelta(0)
        wanted = window.steps_to(ids.now(), plan.until, self.job.step)
        async with db.transaction(self.pool) as connection:
            by = await history.settle_shift(connection, self.job.source, wanted)
        return window.moved(plan, by), by

    async def _book(self, plan: Plan) -> tuple[Booked, Booker]:
        async with db.transaction(self.pool) as connection:
            sellers = await accounts.ensure_sellers(connection, accounts.password(self.target.home))
            done = await history.marks(connection, plan.source)
            plan = await settled(connection, plan, done)
        self.progress.begin("Booking", len(plan.listings) + len(plan.orders) + len(plan.returns))
        booker = Booker(self.pool, plan, sellers, self.progress.advance)
        return await booker.run(), booker

    async def _click(self, plan: Plan, booker: Booker, by: timedelta) -> Sent:
        if not plan.clicks:
            return Sent()
        self.progress.begin("Sending clicks", plan.clicks)
        sender = Sender(self.target, booker, by, self.progress.advance)
        return await sender.run(rees46.clicks(self.job.path))

    async def _wait(self, booked: Booked, sent: Sent) -> None:
        self.progress.begin("Publishing", None)
        await until_published(self.pool, booked.tx)
        self.progress.begin("Waiting for the marts", None)
        await until_landed(self.target.clickhouse, booked.tx)
        await until_clicked(self.target.clickhouse, sent.offsets)


def _summary(plan: Plan, booked: Booked, clicks: Sent, by: timedelta) -> dict[str, Any]:
    return {
        "source": plan.source,
        "currency": plan.currency,
        **plan.totals(),
        "skipped": dict(sorted(plan.skipped.items())),
        "orders_booked": booked.orders,
        "returns_booked": booked.returns,
        "booked_before": booked.already,
        "units_left_out": booked.units_missing,
        "clicks_sent": clicks.clicks,
        "moved_days": by.days,
    }
