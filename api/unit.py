"""One request, one transaction: begun when first needed, ended before the answer is sent."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Job = Callable[[], Awaitable[object]]


class TryAgain(Exception):  # noqa: N818 - no error of the caller's
    """The transaction lost a race that it may win when it is begun anew; the edge does that by itself."""


class Unit:
    """The transaction of one request, and what is to happen once it is committed (Redis copies, mostly)."""

    def __init__(self, pool: AsyncEngine, *, reads: bool = False) -> None:
        """`reads`: nothing of the request changes anything, so `connection` is that of `reading`."""
        self.pool = pool
        self._reads = reads
        self._connection: AsyncConnection | None = None
        self._jobs: list[Job] = []

    async def connection(self) -> AsyncConnection:
        """The request's connection, inside its transaction."""
        if self._reads:
            return await self.reading()
        if self._connection is None:
            self._connection = await self.pool.connect()
        return self._connection

    async def reading(self) -> AsyncConnection:
        """A connection for a request that only reads: nothing is sent to begin or end a transaction.

        Every statement has a snapshot of its own, as it has in a transaction of ours.
        """
        if self._connection is None:
            self._connection = await (await self.pool.connect()).execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    @property
    def begun(self) -> bool:
        """Whether the request has a transaction of its own by now."""
        return self._connection is not None

    def after_commit(self, job: Job) -> None:
        """Await `job` once the transaction is committed; a refused request forgets it."""
        self._jobs.append(job)

    async def commit(self) -> None:
        """Commit, give the connection back, run the jobs; an error here is an error of the request."""
        if self._connection is not None:
            await self._connection.commit()
            await self.close()
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            await job()

    async def rollback(self) -> None:
        """Forget what was written and what was to follow."""
        self._jobs = []
        await self.close()

    async def close(self) -> None:
        """Give the connection back; an open transaction is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def unit(request: Request) -> Unit:
    """The unit of the running request."""
    found: Unit = request.state.unit
    return found


async def _unit(request: Request) -> Unit:
    return unit(request)


async def _connection(request: Request) -> AsyncConnection:
    return await unit(request).connection()


async def _reading(request: Request) -> AsyncConnection:
    return await unit(request).reading()


async def _pool(request: Request) -> AsyncEngine:
    return unit(request).pool


Work = Annotated[Unit, Depends(_unit)]
"""The request's unit, for `after_commit`."""

Conn = Annotated[AsyncConnection, Depends(_connection)]
"""The request's connection: committed before the answer is sent, rolled back on any problem."""

Reading = Annotated[AsyncConnection, Depends(_reading)]
"""A connection for a POST that changes nothing; a GET's is one anyway."""

Pool = Annotated[AsyncEngine, Depends(_pool)]
"""The pool, for a route whose effect is several transactions: `async with db.transaction(pool) as conn`."""
