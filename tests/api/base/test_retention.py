"""Stored answers and tokens go when their time is over."""

from uuid import uuid4

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from api import db as pools
from api.retention import sweep


async def test_what_is_too_old_goes_and_the_rest_stays(pg: str) -> None:
    """R-API-10: kept for 24 hours."""
    with psycopg.connect(pg, autocommit=True) as db:
        for age in ("23 hours", "25 hours"):
            db.execute(
                "INSERT INTO idempotency_keys (caller, method, path, key, body_hash, created_at) "
                "VALUES ('c', 'POST', '/', %s, 'h', now() - CAST(%s AS interval))",
                [age, age],
            )
            moment = "now() + interval '1 hour'" if age == "23 hours" else "now() - interval '1 hour'"
            db.execute(f"INSERT INTO revoked_tokens (jti, expires_at) VALUES (%s, {moment})", [uuid4()])
        pool: AsyncEngine = pools.engine(pg, size=1)
        assert await sweep(pool) == 2
        await pool.dispose()
        assert db.execute("SELECT key FROM idempotency_keys").fetchall() == [("23 hours",)]
