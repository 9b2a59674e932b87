"""Takes what carriers report: stored once, however often and in whatever order it comes (R-SHP-3, R-SHP-4).

A carrier may know a parcel before its seller has told the tracking number: such reports wait for it.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import ids
from api.db import transaction
from api.errors import OrderState
from api.shipping import queries, service
from api.shipping.schemas import CarrierReport

_PARCEL = text("SELECT id FROM shipments WHERE lower(carrier) = lower(:carrier) AND tracking_number = :tracking_number")
_TWIN = text(
    "SELECT FROM shipments "
    "WHERE lower(carrier) = lower(:carrier) AND tracking_number = :tracking_number AND id <> :shipment_id"
)
_KNOWN = text("""
SELECT FROM tracking_events WHERE lower(carrier) = lower(:carrier) AND provider_event_id = :provider_event_id
UNION ALL
SELECT FROM carrier_reports WHERE lower(carrier) = lower(:carrier) AND provider_event_id = :provider_event_id
""")
_WAIT = text("""
INSERT INTO carrier_reports (id, carrier, tracking_number, provider_event_id, status, location, occurred_at)
VALUES (:id, :carrier, :tracking_number, :provider_event_id, :status, :location, :occurred_at)
ON CONFLICT (carrier, provider_event_id) DO NOTHING
""")
_WAITING = text("""
DELETE FROM carrier_reports WHERE lower(carrier) = lower(:carrier) AND tracking_number = :tracking_number
RETURNING *
""")
# One carrier's number is told and reported one after the other, so that no report waits for what has been told.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(lower(:carrier) || ' ' || :tracking_number, 0))")


async def take(pool: AsyncEngine, reports: Iterable[CarrierReport]) -> int:
    """Take reports, each in a transaction of its own; how many were new."""
    return sum([await _take(pool, report) for report in reports])


async def _take(pool: AsyncEngine, report: CarrierReport) -> bool:
    async with transaction(pool) as conn:
        known = report.model_dump()
        await conn.execute(_LOCK, known)
        if (await conn.execute(_KNOWN, known)).first() is not None:
            return False
        parcel: UUID | None = await conn.scalar(_PARCEL, known)
        if parcel is None:
            await conn.execute(_WAIT, known | {"id": ids.new()})
            return True
        if not await _move(conn, parcel, report):
            await conn.execute(_WAIT, known | {"id": ids.new()})
        return True


async def _move(conn: AsyncConnection, parcel: UUID, report: CarrierReport) -> bool:
    """False when the parcel was called off: the report is kept beside it then, for a person."""
    try:
        await service.track(
            conn,
            parcel,
            report.status,
            occurred_at=report.occurred_at,
            location=report.location,
            provider_event_id=report.provider_event_id,
        )
    except OrderState:
        return False
    return True


async def told(conn: AsyncConnection, parcel: Row[Any]) -> Row[Any]:
    """Give a parcel whose carrier and number are known now the reports that waited for it, the oldest first.

    ValidationFailed when the number is another parcel's of this carrier, in whatever case its name was written.
    """
    if not (parcel.carrier and parcel.tracking_number):
        return parcel
    named = {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number}
    await conn.execute(_LOCK, named)
    if (await conn.execute(_TWIN, named | {"shipment_id": parcel.id})).first() is not None:
        raise service.number_taken()
    waiting = (await conn.execute(_WAITING, named)).all()
    for row in sorted(waiting, key=lambda row: (row.occurred_at, row.id)):
        report = CarrierReport.model_validate(row._mapping)
        if await _move(conn, parcel.id, report):
            parcel = await queries.read(conn, parcel.id)
    return parcel
