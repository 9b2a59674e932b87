"""Connections to PostgreSQL: one request, one transaction; services never commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import Error
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from api import prepared
from api.direct import Engine

STATEMENT_TIMEOUT_MS = 5_000
LOCK_TIMEOUT_MS = 2_000
POOL_TIMEOUT_S = 20  # a crowd at a hot product waits its turn instead of being sent away
RENEW_AFTER_S = 1_800
"""Age at which a connection is replaced before it is used: firewalls forget those that rest for long."""


def async_url(dsn: str) -> str:
    """SQLAlchemy's address for a plain `postgresql://` one."""
    return dsn.replace("postgresql://", "postgresql+psycopg://", 1)


def engine(dsn: str, *, size: int = 16, statement_timeout_ms: int = STATEMENT_TIMEOUT_MS) -> AsyncEngine:
    """A pool of up to `size` connections with statement and lock time-outs (R-NFR-8).

    They are opened when they are needed and kept: a new one takes 3 ms of CPU on either side, and has all statements
    parsed and planned again. The one that was used last comes first, so that it is one that has done so. Whoever holds
    one and asks for another may wait for others who do the same: nobody does.
    """
    options = f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC"
    pool = create_async_engine(
        async_url(dsn),
        pool_size=size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_recycle=RENEW_AFTER_S,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=False,
        skip_autocommit_rollback=True,
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": 5},
    )
    prepared.install(pool)
    return Engine(pool.sync_engine)


@asynccontextmanager
async def transaction(pool: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction: committed when the block ends well, rolled back otherwise."""
    async with pool.begin() as connection:
        yield connection


@asynccontextmanager
async def statement(pool: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection for a single statement, which is a transaction by itself: nothing is sent to begin or end it."""
    async with pool.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")


def violated(error: IntegrityError) -> str | None:
    """The name of the constraint that a statement broke."""
    return error.orig.diag.constraint_name if isinstance(error.orig, Error) else None
