"""Parcels over HTTP: the shopper and the seller follow them, the seller reports on own ones (E-SHP-2, 3, 5)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Row

from api.auth import Identity, Member, Shopper
from api.edge import Route
from api.errors import NotFound, OrderState
from api.idempotency import Once
from api.problems import problems
from api.shipping import queries, service
from api.shipping.schemas import ParcelAnswer, ParcelChange, ParcelHistory, Parcels, TrackingAnswer
from api.unit import Conn

router = APIRouter(prefix="/v1/shipments", tags=["shipping"], route_class=Route)


@router.get("/{order_id}", responses=problems(NotFound))
async def list_parcels(order_id: UUID, caller: Shopper, conn: Conn) -> Parcels:
    """The parcels of an order, each with its last report; a seller sees own ones."""
    rows = [row for row in await queries.of_order(conn, order_id) if _sees(caller, row, row.user_id)]
    if not rows and not caller.operator and await queries.buyer(conn, order_id) != caller.user_id:
        raise NotFound
    return Parcels(items=[_with_last(row) for row in rows])


@router.get("/{shipment_id}/tracking", responses=problems(NotFound))
async def read_tracking(shipment_id: UUID, caller: Shopper, conn: Conn) -> ParcelHistory:
    """Everything that was reported of a parcel."""
    parcel = await queries.read(conn, shipment_id)
    if not _sees(caller, parcel, await queries.buyer(conn, parcel.order_id)):
        raise NotFound
    reports = [TrackingAnswer.model_validate(row) for row in await queries.tracking(conn, shipment_id)]
    return ParcelHistory(shipment=ParcelAnswer.model_validate(parcel), items=reports)


@router.patch("/{shipment_id}", responses=problems(NotFound, OrderState), dependencies=[Once])
async def report(shipment_id: UUID, body: ParcelChange, caller: Member, conn: Conn) -> ParcelAnswer:
    """Name the carrier, or say that the parcel is packed, picked up, out for delivery or delivered."""
    parcel = await queries.read(conn, shipment_id)
    if not caller.owns(parcel.seller_id):
        raise NotFound
    named = body.model_dump(include={"carrier", "service", "tracking_number"}, exclude_none=True)
    if named:
        parcel = await service.describe(conn, shipment_id, **named)
    if body.status:
        parcel = await service.track(conn, shipment_id, body.status, location=body.location)
    return ParcelAnswer.model_validate(parcel)


def _sees(caller: Identity, parcel: Row[Any], buyer: UUID | None) -> bool:
    return caller.owns(parcel.seller_id) or buyer == caller.user_id


def _with_last(row: Row[Any]) -> ParcelAnswer:
    answer = ParcelAnswer.model_validate(row)
    if row.last_status:
        last = TrackingAnswer(status=row.last_status, location=row.last_location, occurred_at=row.last_at)
        return answer.model_copy(update={"last_event": last})
    return answer
