"""Parcels over HTTP: the shopper and the seller follow them, sellers and carriers report (E-SHP-2 to 5)."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import Row

from api import signatures
from api.auth import Current, Identity, Member
from api.edge import Route
from api.errors import NotFound, OrderState, SignatureInvalid, ValidationFailed, VersionConflict
from api.idempotency import Once
from api.orders import queries as orders
from api.problems import problems
from api.reference.signed import signed
from api.shipping import carriers, queries, service
from api.shipping.schemas import (
    CarrierReport,
    CarrierReports,
    ParcelAnswer,
    ParcelChange,
    ParcelHistory,
    Parcels,
    ReportsTaken,
    TrackingAnswer,
)
from api.unit import Conn, Pool

router = APIRouter(prefix="/v1/shipments", tags=["shipping"], route_class=Route)


@router.get("/{order_id}", summary="Parcels of an order", responses=problems(NotFound))
async def list_shipments(order_id: UUID, caller: Current, conn: Conn) -> Parcels:
    """The parcels of an order, each with its last report; a seller sees own ones."""
    rows = [row for row in await queries.of_order(conn, order_id) if _sees(caller, row, row.user_id)]
    if not rows:
        await _require_part(conn, caller, order_id)
    return Parcels(items=[_with_last(row) for row in rows])


@router.get("/{shipment_id}/tracking", summary="What was reported of a parcel", responses=problems(NotFound))
async def get_shipment_tracking(shipment_id: UUID, caller: Current, conn: Conn) -> ParcelHistory:
    """Everything that was reported of a parcel."""
    parcel = await queries.read(conn, shipment_id)
    if not _sees(caller, parcel, await queries.buyer(conn, parcel.order_id)):
        raise NotFound
    return await _history(conn, parcel)


@router.patch(
    "/{shipment_id}",
    summary="Change a parcel",
    responses=problems(NotFound, OrderState, VersionConflict),
    dependencies=[Once],
)
async def update_shipment(shipment_id: UUID, body: ParcelChange, caller: Member, conn: Conn) -> ParcelAnswer:
    """Name the carrier, or say that the parcel is packed, picked up, out for delivery, delivered, back, or not sent.

    What is not sent is paid back with its shipping, and its goods are in stock again; the other parcels of the order go
    on, and without any other the order is cancelled. What left and came back, or is lost, is paid back, too, and its
    goods wait for who looks at them. Of a replacement it is what is still paid for the goods that it
    should have replaced.
    """
    parcel = await queries.read(conn, shipment_id)
    if not caller.owns(parcel.seller_id):
        raise NotFound
    if body.expected_version is not None:
        await service.require_version(conn, shipment_id, body.expected_version)
    named = body.model_dump(include={"carrier", "service", "tracking_number"}, exclude_unset=True)
    if named:
        parcel = await carriers.told(conn, await service.describe(conn, shipment_id, **named))
    if body.status == "cancelled":
        parcel = await service.drop(conn, shipment_id, "operator" if caller.operator else "seller_request")
    elif body.status:
        if body.status == "returned_to_sender":
            await service.require_under_way(conn, shipment_id)
        parcel = await service.track(conn, shipment_id, body.status, location=body.location)
    return (await _history(conn, parcel)).shipment


_REPORT = CarrierReport.model_json_schema()
_REPORTS = {"type": "array", "items": _REPORT, "minItems": 1, "maxItems": 100}
_TOLD = {"anyOf": [_REPORT, {"type": "object", "required": ["events"], "properties": {"events": _REPORTS}}]}


@router.post(
    "/webhook",
    summary="Take a carrier's reports",
    openapi_extra=signed(_TOLD),
    responses=problems(SignatureInvalid, ValidationFailed),
)
async def receive_carrier_webhook(request: Request, pool: Pool) -> ReportsTaken:
    """For carriers: one report, or up to 100 as `events`. Signed like the payment gateway's webhooks (E-SHP-4)."""
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    signatures.check(request.app.state.settings.carrier_secret, headers, body)
    reports = _reports(body)
    accepted = await carriers.take(pool, reports)
    return ReportsTaken(accepted=accepted, ignored=len(reports) - accepted)


def _reports(body: bytes) -> list[CarrierReport]:
    try:
        told = orjson.loads(body)
        if isinstance(told, dict) and "events" in told:
            return CarrierReports.model_validate(told).events
        return [CarrierReport.model_validate(told)]
    except orjson.JSONDecodeError as error:
        entry = {"field": "body", "message": "is no JSON", "code": "json_invalid"}
        raise ValidationFailed(errors=[entry]) from error
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from error


async def _require_part(conn: Conn, caller: Identity, order_id: UUID) -> None:
    """NotFound unless the order is there, and the caller bought or sells something of it, or is an operator."""
    buyer = await queries.buyer(conn, order_id)
    part = caller.operator or caller.shopped(buyer) or caller.seller_id in await orders.sellers(conn, order_id)
    if buyer is None or not part:
        raise NotFound


def _sees(caller: Identity, parcel: Row[Any], buyer: UUID | None) -> bool:
    return caller.owns(parcel.seller_id) or caller.shopped(buyer)


def _with_last(row: Row[Any]) -> ParcelAnswer:
    if row.last_status is None:
        return _shown(row, None)
    return _shown(row, TrackingAnswer(status=row.last_status, location=row.last_location, occurred_at=row.last_at))


def _shown(row: Row[Any], last: TrackingAnswer | None) -> ParcelAnswer:
    return ParcelAnswer.model_validate(row).model_copy(update={"last_event": last})


async def _history(conn: Conn, parcel: Row[Any]) -> ParcelHistory:
    reports = [TrackingAnswer.model_validate(row) for row in await queries.tracking(conn, parcel.id)]
    return ParcelHistory(shipment=_shown(parcel, reports[-1] if reports else None), items=reports)
