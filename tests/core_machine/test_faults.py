"""What a fault does to a connection: what the machine finds is worth as much as its faults."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.db import statement, transaction
from tests.core_machine.core import Core
from tests.core_machine.faults import Crash, Fault
from tests.line import eventually

MAKE = text("INSERT INTO categories (id, name, slug) VALUES (uuidv7(), :slug, :slug)")
OPEN = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"


async def _in_block(pool: AsyncEngine, slug: str) -> None:
    async with transaction(pool) as connection:
        await connection.execute(MAKE, {"slug": slug})


async def _by_commit(pool: AsyncEngine, slug: str) -> None:
    async with pool.connect() as connection:
        await connection.execute(MAKE, {"slug": slug})
        await connection.commit()


async def _alone(pool: AsyncEngine, slug: str) -> None:
    async with statement(pool) as connection:
        await connection.execute(MAKE, {"slug": slug})


CASES = [*((way, *case) for way in (_in_block, _by_commit) for case in ((1, 0), (2, 0), (3, 1))),
         (_alone, 1, 0), (_alone, 2, 1)]  # fmt: skip


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize(("way", "at", "made"), CASES)
def test_a_lost_connection_leaves_nothing_half_done(core: Core, way: Any, at: int, made: int, crash: bool) -> None:
    """Before the statement, before the commit and after it; a statement alone is a transaction by itself."""
    slug, pool = f"lost-{way.__name__}-{at}-{crash}", core.app.state.pool
    core.faults.plan(Fault(at=at, crash=crash, repeated=False))
    with pytest.raises(Crash if crash else OperationalError):
        core.run(way(pool, slug))
    assert core.faults.lift()
    counted = core.db.execute("SELECT count(*) FROM categories WHERE slug = %s", [slug]).fetchone()
    assert counted == (made,)
    eventually(lambda: not core.db.execute(OPEN).fetchall(), within=5)  # the server hears of a loss a little later
    core.run(way(pool, slug + "-again"))
