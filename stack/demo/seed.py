"""Fills the demo shop: people who can sign in, then sixty days of orders and some hours of clicks, moved to now."""

from pathlib import Path

from api import db
from api.history import service as history
from stack.demo import accounts, sending
from stack.home import CHECKOUT
from stack.imports import online_retail, rees46, window
from stack.imports.run import Job, Progress, run
from stack.imports.target import Target

DATA = CHECKOUT / "data"
ORDERS_FILE = DATA / "online_retail_ii_2009_2010.parquet"
CLICKS_FILE = DATA / "rees46_2019_10_01.csv.gz"
DAYS = 60
FILLED = "filled"
# Own names, so that the same files imported as they are become orders of their own days.
JOBS = (
    Job(CLICKS_FILE, rees46.SOURCE, f"demo-{rees46.SOURCE}", step=window.DAY, wait=False),
    Job(ORDERS_FILE, online_retail.SOURCE, f"demo-{online_retail.SOURCE}", days=DAYS, step=window.WEEK),
)


async def people(target: Target) -> None:
    """Open every demo account that is missing, and set what sending costs."""
    pool = db.engine(target.postgres_dsn, size=1)
    try:
        async with db.transaction(pool) as connection:
            secret = accounts.password(target.home)
            await accounts.ensure_people(connection, accounts.people(), secret)
            await accounts.ensure_sellers(connection, secret)
            await sending.ensure_tariffs(connection)
    finally:
        await pool.dispose()


async def shop(target: Target, progress: Progress) -> None:
    """Import what is not in the shop yet; a start that was interrupted goes on, a full shop takes no time."""
    for job in JOBS:
        if not await _filled(target, job):
            await run(job, target, progress)
            await _fill(target, job)


def missing_files() -> list[Path]:
    """Data files that the checkout lacks."""
    return [job.path for job in JOBS if not job.path.exists()]


async def _filled(target: Target, job: Job) -> bool:
    pool = db.engine(target.postgres_dsn, size=1)
    try:
        async with pool.connect() as connection:
            return FILLED in await history.marks(connection, job.source)
    finally:
        await pool.dispose()


async def _fill(target: Target, job: Job) -> None:
    pool = db.engine(target.postgres_dsn, size=1)
    try:
        async with db.transaction(pool) as connection:
            await history.mark(connection, job.source, FILLED)
    finally:
        await pool.dispose()
