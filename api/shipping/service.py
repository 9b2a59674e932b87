"""Parcels: one per seller and order, moved forward by what carriers and sellers report (R-SHP-1 to R-SHP-5)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import changes, ids, outbox
from api.errors import OrderState, ValidationFailed
from api.outbox import Fact
from api.shipping import queries
from api.shipping.models import shipments
from api.shipping.states import OVERTAKES, Tracking, after, has_left
from streams.events import Item
from streams.events.shipping import ShipmentCancelled, ShipmentCreated, ShipmentEvent, ShipmentTracked

_CREATE = text(
    "WITH parcel AS (INSERT INTO shipments (id, order_id, seller_id, kind, carrier, service, shipping_cost_minor, "
    "estimated_delivery, destination_address, currency) VALUES (:id, :order_id, :seller_id, :kind, :carrier, :service, "
    ":cost_minor, :estimated_delivery, CAST(:address AS jsonb), :currency) "
    "ON CONFLICT (order_id, seller_id) WHERE kind = 'outbound' AND status <> 'cancelled' DO NOTHING RETURNING id), "
    "goods AS (INSERT INTO shipment_items (shipment_id, order_item_id, quantity) SELECT parcel.id, g.* FROM parcel, "
    "unnest(CAST(:order_item_ids AS uuid[]), CAST(:quantities AS int[])) AS g) SELECT id FROM parcel"
)
_LOCK_ORDER = text("SELECT status FROM orders WHERE id = :order_id FOR UPDATE")
_REPORT = text(
    "INSERT INTO tracking_events (id, shipment_id, status, location, occurred_at, carrier, provider_event_id) "
    "VALUES (:id, :shipment_id, :status, :location, :occurred_at, :carrier, :provider_event_id)"
)


class ToSend(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one order line that a seller has to send."""

    order_item_id: UUID
    product_id: UUID
    seller_id: UUID
    quantity: int


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a parcel goes, as its order chose it: what the way costs, in minor units, and when it is to arrive."""

    carrier: str | None = None
    service: str | None = None
    cost_minor: int = 0
    estimated_delivery: date | None = None


NO_WAY = Way()


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """The order that parcels are made for: its address snapshot, currency and ways by seller.

    `kind` is outbound or replacement.
    """

    order_id: UUID
    address: dict[str, Any]
    currency: str
    ways: Mapping[UUID, Way] = {}
    kind: str = "outbound"


async def prepare(conn: AsyncConnection, to: Destination, goods: Sequence[ToSend]) -> tuple[UUID, ...]:
    """Create the parcel of each seller; the ids of the new ones, none for sellers who have one (R-SHP-1)."""
    created = []
    for seller_id in sorted({item.seller_id for item in goods}):
        mine = [item for item in goods if item.seller_id == seller_id]
        shipment_id = await _create(conn, to, seller_id, mine)
        if shipment_id:
            created.append(shipment_id)
    return tuple(created)


async def _create(conn: AsyncConnection, to: Destination, seller_id: UUID, goods: Sequence[ToSend]) -> UUID | None:
    way = to.ways.get(seller_id, NO_WAY)
    values = {
        **msgspec.structs.asdict(way),
        "id": ids.new(),
        "order_id": to.order_id,
        "seller_id": seller_id,
        "kind": to.kind,
        "address": msgspec.json.encode(to.address).decode(),
        "currency": to.currency,
        "order_item_ids": [item.order_item_id for item in goods],
        "quantities": [item.quantity for item in goods],
    }
    shipment_id: UUID | None = await conn.scalar(_CREATE, values)
    if shipment_id is None:
        return None
    event = ShipmentCreated(
        shipment_id=shipment_id,
        order_id=to.order_id,
        seller_id=seller_id,
        carrier=way.carrier,
        service=way.service,
        estimated_delivery=way.estimated_delivery,
        items=tuple(Item(product_id=item.product_id, quantity=item.quantity) for item in goods),
        province_id=to.address["province_id"],
        city_id=to.address["city_id"],
    )
    await outbox.record(conn, Fact(event, seq=1))
    return shipment_id


async def track(
    conn: AsyncConnection,
    shipment_id: UUID,
    reported: Tracking,
    *,
    occurred_at: datetime | None = None,
    location: str | None = None,
    provider_event_id: str | None = None,
) -> Row[Any]:
    """Store a report and move the parcel forward, never back (R-SHP-2, R-SHP-3); the parcel afterwards.

    The third delivery that fails sends it back (R-SHP-7).
    """
    parcel = await _ahead_of_cancellation(conn, shipment_id)
    moment = occurred_at or ids.now()
    status = await _status_after(conn, parcel, reported, moment)
    values = {"id": ids.new(), "shipment_id": shipment_id, "status": reported, "location": location}
    told = {"occurred_at": moment, "carrier": parcel.carrier, "provider_event_id": provider_event_id}
    await conn.execute(_REPORT, values | told)
    columns: dict[str, Any] = {"status": status}
    if has_left(status) and parcel.shipped_at is None:
        columns["shipped_at"] = moment
    if status == "delivered" and parcel.delivered_at is None:
        columns["delivered_at"] = moment
    event = ShipmentTracked(
        shipment_id=shipment_id,
        order_id=parcel.order_id,
        tracking_status=reported,
        status_before=parcel.status,
        status_after=status,
        location=location,
        tracked_at=moment,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
    )
    return await _advance(conn, parcel, event, **columns)


async def _status_after(conn: AsyncConnection, parcel: Row[Any], reported: Tracking, moment: datetime) -> str:
    """Where a report takes a locked parcel; of a try that is told late what happened after it stands (R-SHP-3)."""
    failed = await queries.failed_tries(conn, parcel.id) if reported == "delivery_failed" else 0
    by = OVERTAKES.get(reported)
    overtaken = by is not None and await queries.overtaken(conn, parcel.id, by, moment)
    return after(parcel.status, reported, failed_before=failed, overtaken=overtaken)


async def _ahead_of_cancellation(conn: AsyncConnection, shipment_id: UUID) -> Row[Any]:
    """The parcel, locked after its order: a pick-up and a cancellation have one winner (R-ORD-14)."""
    known = await queries.read(conn, shipment_id)
    order_status = await conn.scalar(_LOCK_ORDER, {"order_id": known.order_id})
    parcel = await queries.read(conn, shipment_id, lock=True)
    if "cancelled" in (parcel.status, order_status):
        raise OrderState("The order or the parcel was cancelled.", status="cancelled")
    return parcel


async def require_version(conn: AsyncConnection, shipment_id: UUID, expected: int) -> None:
    """VersionConflict when the parcel moved since; else nobody moves it until the end of the transaction."""
    changes.require_version(await _ahead_of_cancellation(conn, shipment_id), expected)


async def require_under_way(conn: AsyncConnection, shipment_id: UUID) -> None:
    """OrderState for a parcel that has not left, or has arrived: nobody brings it back; it may be back already."""
    parcel = await _ahead_of_cancellation(conn, shipment_id)
    if parcel.status == "pending":
        raise OrderState("The parcel has not left: say `cancelled` if it will not be sent.", status=parcel.status)
    if parcel.status == "delivered":
        raise OrderState("The parcel has arrived: what comes back now is a return.", status=parcel.status)


async def describe(conn: AsyncConnection, shipment_id: UUID, **columns: str | None) -> Row[Any]:
    """Set carrier, service or tracking number, or take it back.

    ValidationFailed when the carrier's number belongs to another parcel, OrderState for one that was cancelled.
    """
    await _ahead_of_cancellation(conn, shipment_id)
    try:
        await conn.execute(update(shipments).where(shipments.c.id == shipment_id).values(**columns))
    except IntegrityError as error:
        raise number_taken() from error
    return await queries.read(conn, shipment_id)


def number_taken() -> ValidationFailed:
    """The refusal of a tracking number that stands on another parcel."""
    entry = {"field": "body.tracking_number", "message": "is that of another parcel of this carrier", "code": "taken"}
    return ValidationFailed(errors=[entry])


async def call_off(conn: AsyncConnection, order_id: UUID, cause: str) -> None:
    """Cancel the order's parcels that have not left."""
    for known in await queries.of_order(conn, order_id):
        parcel = await queries.read(conn, known.id, lock=True)
        if parcel.status == "pending":
            await _cancel(conn, parcel, cause)


async def drop(conn: AsyncConnection, shipment_id: UUID, cause: str) -> Row[Any]:
    """Cancel one parcel that will not be sent; OrderState once it has left."""
    parcel = await _ahead_of_cancellation(conn, shipment_id)
    if parcel.status != "pending":
        raise OrderState("The parcel has left.", status=parcel.status)
    return await _cancel(conn, parcel, cause)


async def _cancel(conn: AsyncConnection, parcel: Row[Any], cause: str) -> Row[Any]:
    event = ShipmentCancelled(shipment_id=parcel.id, order_id=parcel.order_id, cause=cause)
    return await _advance(conn, parcel, event, status="cancelled")


async def _advance(conn: AsyncConnection, parcel: Row[Any], event: ShipmentEvent, **columns: Any) -> Row[Any]:
    version = parcel.version + 1
    changed = {"version": version, "updated_at": ids.now(), **columns}
    await conn.execute(update(shipments).where(shipments.c.id == parcel.id).values(changed))
    await outbox.record(conn, Fact(event, seq=version))
    return await queries.read(conn, parcel.id)
