"""Our operations beside the gateway's list: what differs is listed and never corrected (R-PAY-15)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog
from prometheus_client import Gauge
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api import ids
from api.db import transaction
from api.payments.gateway import Listed
from api.payments.gateways import Gateways, Guard

AT_HOUR = 2  # UTC
# The two sides note an operation at slightly different moments.
MARGIN = timedelta(hours=1)
DIFFERENCES = Gauge(
    "payment_differences", "operations of the last check that differ from the gateway's list", ["gateway"]
)

log = structlog.get_logger()

_OURS = """
SELECT * FROM (
    SELECT o.idempotency_ref, o.amount_minor, p.currency, o.status, o.occurred_at AS at, o.kind
    FROM payment_operations o JOIN payments p ON p.id = o.payment_id WHERE p.gateway = :gateway
    UNION ALL
    SELECT idempotency_ref, amount_minor, currency, status, created_at, 'top_up' FROM top_ups WHERE gateway = :gateway
    UNION ALL
    SELECT idempotency_ref, amount_minor, currency,
           CASE status WHEN 'paid' THEN 'succeeded' ELSE status END, created_at, 'payout'
    FROM payouts WHERE gateway = :gateway
) AS ours WHERE kind = ANY(CAST(:kinds AS text[])) AND {which}
"""
_WITHIN = text(_OURS.format(which="at >= :since AND at < :until"))
_NAMED = text(_OURS.format(which="idempotency_ref = ANY(CAST(:refs AS text[]))"))


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One operation on which the two sides do not agree; what a side does not know is None."""

    idempotency_ref: str
    what: str
    ours: str | None
    theirs: str | None


async def compare(pool: AsyncEngine, gateway: Guard, since: datetime, until: datetime) -> list[Difference]:
    """What differs among the operations of a span; OSError when the gateway does not answer."""
    listed = await gateway.provider.listed(since - MARGIN, until + MARGIN)
    theirs = {one.idempotency_ref: one for one in listed}
    within = [one.idempotency_ref for one in listed if since <= one.at < until]
    async with transaction(pool) as conn:
        of = {"gateway": gateway.name, "kinds": list(gateway.provider.lists)}
        noted = (await conn.execute(_WITHIN, of | {"since": since, "until": until})).all()
        named = (await conn.execute(_NAMED, of | {"refs": within})).all()
    ours = {row.idempotency_ref: row for row in [*noted, *named]}
    return _differences(ours, theirs, sorted({*ours, *within}))


def _differences(ours: Mapping[str, Row[Any]], theirs: Mapping[str, Listed], refs: Sequence[str]) -> list[Difference]:
    found = []
    for ref in refs:
        mine, other = ours.get(ref), theirs.get(ref)
        what = _disagreement(mine, other)
        if what:
            here = f"{mine.status} {mine.amount_minor} {mine.currency}" if mine else None
            there = f"{other.outcome} {other.amount_minor} {other.currency}" if other else None
            found.append(Difference(idempotency_ref=ref, what=what, ours=here, theirs=there))
    return found


def _disagreement(mine: Row[Any] | None, other: Listed | None) -> str | None:
    """What moved no money on either side is no difference."""
    taken, moved = mine is not None and mine.status == "succeeded", other is not None and other.outcome == "succeeded"
    if mine is None or other is None:
        return ("unknown here" if mine is None else "unknown there") if taken or moved else None
    if taken != moved:
        return "outcome"
    differs = (mine.amount_minor, mine.currency) != (other.amount_minor, other.currency)
    return "amount" if differs and moved else None


def last_days(gateway: Guard, days: int) -> tuple[datetime, datetime]:
    """The last days up to the moment from which no operation is under way any more, or missing in the list only yet."""
    until = ids.now() - max(gateway.in_flight, gateway.provider.list_delay)
    return until - timedelta(days=days), until


async def nightly(pool: AsyncEngine, gateways: Gateways, stop: asyncio.Event) -> None:
    """Compare the last two days every night at two, and say what differs, until `stop` is set."""
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _until_night(datetime.now(UTC)))
        for gateway in () if stop.is_set() else gateways:
            await _report(pool, gateway)


def _until_night(now: datetime) -> float:
    tonight = now.replace(hour=AT_HOUR, minute=0, second=0, microsecond=0)
    return (tonight + timedelta(days=tonight <= now) - now).total_seconds()


async def _report(pool: AsyncEngine, gateway: Guard) -> None:
    try:
        found = await compare(pool, gateway, *last_days(gateway, 2))
    except (OSError, SQLAlchemyError) as error:
        log.warning("payments not compared", gateway=gateway.name, error=repr(error))
        return
    DIFFERENCES.labels(gateway.name).set(len(found))
    for one in found:
        log.error("payment differs", gateway=gateway.name, **msgspec.to_builtins(one))
    log.info("payments compared", gateway=gateway.name, differences=len(found))
