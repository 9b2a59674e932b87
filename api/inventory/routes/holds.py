"""Holds for orders, for other processes of the platform and operators (E-INV-3 to 5)."""

from datetime import timedelta

from fastapi import APIRouter

from api import ids, outbox
from api.auth import Conn, ServiceOrOperator
from api.edge import Route
from api.errors import InsufficientStock, NotFound, ReservationExpired, ReservationState
from api.idempotency import Once
from api.inventory import service
from api.inventory.schemas import HeldItem, HoldNamed, Release, Reservation, Reserve
from api.problems import problems
from streams.events import Item

router = APIRouter(tags=["inventory"], route_class=Route)


def _reservation(hold: service.Hold) -> Reservation:
    items = [HeldItem(product_id=item.product_id, quantity=item.quantity) for item in hold.items]
    return Reservation(
        reservation_id=hold.id, order_id=hold.order_id, status=hold.status, expires_at=hold.expires_at, items=items
    )


@router.post(
    "/inventory/reserve",
    status_code=201,
    summary="Hold units for an order",
    dependencies=[Once],
    responses=problems(InsufficientStock),
)
async def reserve_stock(body: Reserve, caller: ServiceOrOperator, conn: Conn) -> Reservation:
    """All or nothing; an order that has a live hold gets that one (E-INV-3)."""
    hold = await service.live_hold(conn, body.order_id)
    if hold is None:
        hold = await _reserved(conn, body)
    return _reservation(hold)


async def _reserved(conn: Conn, body: Reserve) -> service.Hold:
    try:
        hold = await service.reserve(
            conn,
            order_id=body.order_id,
            cause_type="checkout",
            cause_id=body.order_id,
            items=[Item(product_id=item.product_id, quantity=item.quantity) for item in body.items],
            expires_at=ids.now() + timedelta(seconds=body.ttl_s),
        )
    except InsufficientStock as short:
        if (by_twin := await service.live_hold(conn, body.order_id)) is not None:
            return by_twin
        fact = service.refused(short, order_id=body.order_id)
        raise short.record(lambda conn: outbox.record(conn, fact)) from None
    await outbox.record(conn, *hold.facts)
    return hold


@router.post(
    "/inventory/release",
    summary="Give a hold back",
    dependencies=[Once],
    responses=problems(NotFound, ReservationState),
)
async def release_stock(body: Release, caller: ServiceOrOperator, conn: Conn) -> Reservation:
    """Repeating it is fine; deducted units stay deducted (E-INV-4)."""
    hold = await service.release(conn, body.order_id, body.reason, reservation_id=body.reservation_id)
    await outbox.record(conn, *hold.facts)
    return _reservation(hold)


@router.post(
    "/inventory/deduct",
    summary="Let held units leave the stock",
    dependencies=[Once],
    responses=problems(NotFound, ReservationExpired, ReservationState),
)
async def deduct_stock(body: HoldNamed, caller: ServiceOrOperator, conn: Conn) -> Reservation:
    """Repeating it is fine (E-INV-5)."""
    hold = await service.deduct(conn, body.order_id, reservation_id=body.reservation_id)
    await outbox.record(conn, *hold.facts)
    return _reservation(hold)
