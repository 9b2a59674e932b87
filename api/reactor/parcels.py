"""Speaks to carriers about their parcels: asks for labels, and hears how far parcels have come (R-SHP-9).

It goes by rows, so it may die anywhere and needs no log; a carrier that does not answer is left alone for a while.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from api.calling import Caller
from api.db import statement, transaction
from api.settings import GatewaySettings
from api.shipping import carriers, queries, service
from api.shipping.port import Carrier, LabelWish
from api.shipping.schemas import CarrierReport

EVERY_S = 2.0
AT_ONCE = 100
FIRST = UUID(int=0)

log = structlog.get_logger()


class Parcels:
    """Looks after the parcels of one carrier."""

    def __init__(self, pool: AsyncEngine, carrier: Carrier, settings: GatewaySettings) -> None:
        self._pool, self._carrier = pool, carrier
        self._caller = Caller(carrier.name, settings)
        self._asked_up_to = FIRST

    async def run(self, stop: asyncio.Event) -> None:
        """Ask every two seconds until `stop` is set."""
        while not stop.is_set():
            try:
                await self.ask()
            except Exception as error:  # whatever it is, the parcels are due again in two seconds
                log.warning("carrier not asked", carrier=self._carrier.name, error=repr(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S)

    async def ask(self) -> None:
        """Ask for the labels that are missing and for news of some parcels.

        Raises GatewayUnavailable at once while the carrier's breaker is open, OSError when it does not answer.
        """
        await self._label_new()
        await self._hear_of_some()

    async def _label_new(self) -> None:
        async with statement(self._pool) as conn:
            parcels = await queries.without_label(conn, self._carrier.name, AT_ONCE)
        for parcel in parcels:
            wish = LabelWish(shipment_id=parcel.id, service=parcel.service, address=parcel.destination_address)
            with self._caller.admission():
                number = await self._caller.call(partial(self._carrier.label, wish))
            await self._describe(parcel, number)

    async def _describe(self, parcel: Row[Any], number: str) -> None:
        async with transaction(self._pool) as conn:
            now = await queries.read(conn, parcel.id, lock=True)
            if now.tracking_number is None and now.carrier == self._carrier.name:
                await carriers.told(conn, await service.describe(conn, parcel.id, tracking_number=number))

    async def _hear_of_some(self) -> None:
        """The next hundred parcels that are under way; after the last ones, the first again."""
        async with statement(self._pool) as conn:
            parcels = await queries.under_way(conn, self._carrier.name, self._asked_up_to, AT_ONCE)
        self._asked_up_to = parcels[-1].id if len(parcels) == AT_ONCE else FIRST
        numbers: Sequence[str] = [parcel.tracking_number for parcel in parcels]
        if numbers:
            with self._caller.admission():
                reports = await self._caller.call(partial(self._carrier.reports, numbers))
            await self._take(reports)

    async def _take(self, reports: Sequence[CarrierReport]) -> None:
        async with statement(self._pool) as conn:
            known = await queries.heard(conn, self._carrier.name, [report.provider_event_id for report in reports])
        await carriers.take(self._pool, [report for report in reports if report.provider_event_id not in known])
