"""The pool of connections: a crowd's are kept for the next one, and the last one used comes first."""

import asyncio

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api import db

_PID = text("SELECT pg_backend_pid()")
_SLOWLY = text("SELECT pg_backend_pid() FROM pg_sleep(0.2)")
SIZE = 4


async def asked(pool: AsyncEngine, statement: TextClause = _PID) -> int:
    """Which process of the server answers."""
    async with db.statement(pool) as conn:
        return int((await conn.execute(statement)).scalar_one())


async def crowds(dsn: str) -> tuple[set[int], set[int], set[int]]:
    """Who answered two crowds, and then somebody who came alone, some times."""
    pool = db.engine(dsn, size=SIZE)
    try:
        first, second = [set(await asyncio.gather(*(asked(pool, _SLOWLY) for _ in range(9)))) for _ in range(2)]
        return first, second, {await asked(pool) for _ in range(5)}
    finally:
        await pool.dispose()


def test_a_crowd_finds_the_connections_of_the_one_before(pg: str) -> None:
    """Half of them were opened anew for each crowd, which was half of what the database did for it."""
    first, second, alone = asyncio.run(crowds(pg))
    assert len(first) == SIZE
    assert second == first
    assert len(alone) == 1
