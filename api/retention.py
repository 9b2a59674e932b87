"""Forgets what has served its time: stored answers after a day (R-API-10), old tokens, old webhook deliveries."""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.db import transaction

EVERY_S = 600.0

_FORGET = (
    text("DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours'"),
    text("DELETE FROM revoked_tokens WHERE expires_at < now()"),
    text("DELETE FROM refresh_tokens WHERE expires_at < now()"),
    text("DELETE FROM webhook_deliveries WHERE created_at < now() - interval '30 days'"),
)

log = structlog.get_logger()


async def sweep(pool: AsyncEngine) -> int:
    """Delete what is too old; how many rows that were."""
    gone = 0
    for statement in _FORGET:
        async with transaction(pool) as connection:
            gone += (await connection.execute(statement)).rowcount
    return gone


async def run(pool: AsyncEngine) -> None:
    """Sweep every ten minutes until cancelled; any number of processes may do so."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            log.info("forgotten", rows=await sweep(pool))
        except SQLAlchemyError as error:
            log.warning("nothing forgotten", kind=type(error).__name__)
