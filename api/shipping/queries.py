"""What is read of parcels."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import NotFound
from api.shipping.models import shipments, tracking_events
from api.shipping.states import FINAL
from streams.events import Item

_OF_ORDER = text(
    "SELECT s.*, o.user_id, t.status AS last_status, t.location AS last_location, t.occurred_at AS last_at "
    "FROM shipments s JOIN orders o ON o.id = s.order_id LEFT JOIN LATERAL ("
    "  SELECT status, location, occurred_at FROM tracking_events WHERE shipment_id = s.id "
    "  ORDER BY occurred_at DESC, id DESC LIMIT 1) t ON true "
    "WHERE s.order_id = :order_id ORDER BY s.id"
)
_GOODS = text(
    "SELECT l.product_id, g.quantity FROM shipment_items g JOIN order_items l ON l.id = g.order_item_id "
    "WHERE g.shipment_id = :shipment_id ORDER BY l.line_no"
)
_BUYER = text("SELECT user_id FROM orders WHERE id = :order_id")


async def of_order(conn: AsyncConnection, order_id: UUID) -> Sequence[Row[Any]]:
    """The parcels of an order with its `user_id` and their last tracking event."""
    return (await conn.execute(_OF_ORDER, {"order_id": order_id})).all()


async def goods(conn: AsyncConnection, shipment_id: UUID) -> list[Item]:
    """What is in a parcel."""
    rows = await conn.execute(_GOODS, {"shipment_id": shipment_id})
    return [Item(product_id=row.product_id, quantity=row.quantity) for row in rows]


def parcels_of(seller_id: ColumnElement[UUID]) -> Select[tuple[UUID]]:
    """The ids of a seller's parcels."""
    return select(shipments.c.id).where(shipments.c.seller_id == seller_id)


async def read(conn: AsyncConnection, shipment_id: UUID, *, lock: bool = False) -> Row[Any]:
    """One parcel, locked when told so; NotFound."""
    statement = select(shipments).where(shipments.c.id == shipment_id)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def failed_tries(conn: AsyncConnection, shipment_id: UUID) -> int:
    """How many deliveries of a parcel have failed."""
    events = tracking_events.c
    failed = (events.shipment_id == shipment_id, events.status == "delivery_failed")
    return int(await conn.scalar(select(func.count()).select_from(tracking_events).where(*failed)) or 0)


async def overtaken(conn: AsyncConnection, shipment_id: UUID, by: str, moment: datetime) -> bool:
    """Whether that was reported of a parcel as something that happened after a moment."""
    events = tracking_events.c
    later = (events.shipment_id == shipment_id, events.status == by, events.occurred_at > moment)
    return await conn.scalar(select(events.id).where(*later).limit(1)) is not None


async def without_label(conn: AsyncConnection, carrier: str, limit: int) -> Sequence[Row[Any]]:
    """Parcels of a carrier that wait for its label, the oldest first."""
    parcel = shipments.c
    mine = (parcel.carrier == carrier, parcel.tracking_number.is_(None), parcel.status == "pending")
    return (await conn.execute(select(shipments).where(*mine).order_by(parcel.id).limit(limit))).all()


async def under_way(conn: AsyncConnection, carrier: str, after: UUID, limit: int) -> Sequence[Row[Any]]:
    """Parcels that a carrier has labelled and that have not come to an end, in the order of their ids."""
    parcel = shipments.c
    mine = (parcel.carrier == carrier, parcel.tracking_number.is_not(None), parcel.status.not_in(FINAL))
    statement = select(shipments).where(*mine, parcel.id > after).order_by(parcel.id).limit(limit)
    return (await conn.execute(statement)).all()


async def heard(conn: AsyncConnection, carrier: str, provider_event_ids: Collection[str]) -> set[str]:
    """Which of a carrier's reports were taken before."""
    events = tracking_events.c
    known = select(events.provider_event_id).where(
        events.carrier == carrier, events.provider_event_id.in_(provider_event_ids)
    )
    return set((await conn.execute(known)).scalars())


async def buyer(conn: AsyncConnection, order_id: UUID) -> UUID | None:
    """Whose order it is."""
    found: UUID | None = await conn.scalar(_BUYER, {"order_id": order_id})
    return found


async def tracking(conn: AsyncConnection, shipment_id: UUID) -> Sequence[Row[Any]]:
    """What was reported of a parcel, the oldest first by the carrier's time (R-SHP-3)."""
    events = tracking_events.c
    statement = select(tracking_events).where(events.shipment_id == shipment_id)
    return (await conn.execute(statement.order_by(events.occurred_at, events.id))).all()
