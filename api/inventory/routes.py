"""Stock, holds and movements over HTTP (E-INV-1 to 7 and 9)."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import Row

from api import ids, outbox
from api.auth import Caller, Conn, Identity, Member, ServiceOrOperator, owns
from api.cache import Cache
from api.edge import Route
from api.errors import (
    CursorInvalid,
    InsufficientStock,
    NotFound,
    ReservationExpired,
    ReservationState,
    ValidationFailed,
    VersionConflict,
)
from api.idempotency import Once
from api.inventory import queries, service
from api.inventory.models import stock_movements
from api.inventory.schemas import (
    Bucket,
    Change,
    Count,
    HeldItem,
    Level,
    Levels,
    Movement,
    MovementFilter,
    Release,
    Reservation,
    Reserve,
    Stock,
    Which,
)
from api.pagination import Keyset, Page
from api.problems import problems
from streams.events import Item

MOST_IDS = 100

router = APIRouter(prefix="/v1", tags=["inventory"], route_class=Route)


def _level(product_id: UUID, available: int) -> Level:
    return Level(product_id=product_id, available=available, in_stock=available > 0)


async def _stock(conn: Conn, product_id: UUID) -> Stock:
    rows = await queries.buckets(conn, product_id)
    on_hand, reserved = sum(row.on_hand for row in rows), sum(row.reserved for row in rows)
    return Stock(
        **_level(product_id, on_hand - reserved).model_dump(),
        on_hand=on_hand,
        reserved=reserved,
        version=sum(row.version for row in rows),
        buckets=[Bucket.model_validate(row) for row in rows],
    )


async def _own(conn: Conn, product_id: UUID, identity: Identity) -> Row[Any]:
    owner = await queries.owner(conn, product_id)
    if owner is None or not identity.owns(owner.seller_id):
        raise NotFound
    return owner


@router.get("/products/inventory", summary="Stock of several products", responses=problems(ValidationFailed))
async def levels(
    ids: Annotated[list[str], Query(min_length=1, max_length=MOST_IDS, description="separated by commas, or repeated")],
    request: Request,
    conn: Conn,
) -> Levels:
    """As the stream side knows it, within a second; only PostgreSQL decides a sale (E-INV-2)."""
    wanted = _ids(ids)
    cache: Cache = request.app.state.cache
    copies = await cache.get_many([f"inventory:{product_id}" for product_id in wanted]) or [None] * len(wanted)
    known = {product_id: int(copy) for product_id, copy in zip(wanted, copies, strict=True) if copy is not None}
    known |= await queries.available(conn, [product_id for product_id in wanted if product_id not in known])
    return Levels(
        items=[_level(product_id, known[product_id]) for product_id in wanted if product_id in known],
        missing=[product_id for product_id in wanted if product_id not in known],
    )


def _ids(texts: list[str]) -> list[UUID]:
    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    try:
        found = list(dict.fromkeys(UUID(part) for part in parts))
    except ValueError as error:
        raise _wrong_ids("must be UUIDs") from error
    if not 1 <= len(found) <= MOST_IDS:
        raise _wrong_ids(f"must be 1 to {MOST_IDS} ids")
    return found


def _wrong_ids(message: str) -> ValidationFailed:
    return ValidationFailed(errors=[{"field": "query.ids", "message": message, "code": "ids"}])


@router.get("/products/{product_id}/inventory", summary="Stock of a product", responses=problems(NotFound))
async def stock(product_id: UUID, caller: Caller, request: Request, conn: Conn) -> Stock | Level:
    """Everybody sees what is available; the owner and operators see the rows (E-INV-1)."""
    owner = await queries.owner(conn, product_id)
    whole = owner is not None and await owns(request, caller, owner.seller_id)
    if owner is None or not (whole or owner.status == "active"):
        raise NotFound
    found = await _stock(conn, product_id)
    return found if whole else _level(product_id, found.available)


@router.put(
    "/products/{product_id}/inventory",
    summary="Set a count",
    dependencies=[Once],
    responses=problems(NotFound, VersionConflict, InsufficientStock),
)
async def count(product_id: UUID, body: Count, identity: Member, conn: Conn) -> Stock:
    """Writes one adjusted movement (E-INV-7)."""
    await _own(conn, product_id, identity)
    cause = service.Cause("adjustment", actor_id=identity.user_id, note=body.note)
    facts = await service.set_count(conn, product_id, body.on_hand, expected_version=body.expected_version, cause=cause)
    await outbox.record(conn, *facts)
    return await _stock(conn, product_id)


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
async def reserve(body: Reserve, identity: ServiceOrOperator, conn: Conn) -> Reservation:
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
async def release(body: Release, identity: ServiceOrOperator, conn: Conn) -> Reservation:
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
async def deduct(body: Which, identity: ServiceOrOperator, conn: Conn) -> Reservation:
    """Repeating it is fine (E-INV-5)."""
    hold = await service.deduct(conn, body.order_id, reservation_id=body.reservation_id)
    await outbox.record(conn, *hold.facts)
    return _reservation(hold)


@router.post(
    "/inventory/{product_id}",
    summary="Add or take away units",
    dependencies=[Once],
    responses=problems(NotFound, InsufficientStock),
)
async def change(product_id: UUID, body: Change, identity: Member, conn: Conn) -> Stock:
    """A negative quantity may not go below what is held (E-INV-6)."""
    await _own(conn, product_id, identity)
    cause = service.Cause("adjustment", actor_id=identity.user_id, note=body.note)
    await outbox.record(conn, *await service.change(conn, product_id, body.quantity, kind=body.reason, cause=cause))
    return await _stock(conn, product_id)


@router.get(
    "/inventory/{product_id}/movements", summary="Movements of a product", responses=problems(NotFound, CursorInvalid)
)
async def movements(
    product_id: UUID, wanted: Annotated[MovementFilter, Query()], identity: Member, request: Request, conn: Conn
) -> Page[Movement]:
    """Newest first (E-INV-9)."""
    await _own(conn, product_id, identity)
    fields = wanted.model_dump(exclude={"limit", "cursor"})
    keyset = Keyset(
        request.app.state.settings.cursor_secret,
        "-occurred_at",
        stock_movements.c.occurred_at,
        stock_movements.c.id,
        {**fields, "product_id": product_id},
    )
    statement = keyset.page(queries.moved(product_id, fields), wanted.cursor, wanted.limit)
    rows = (await conn.execute(statement)).all()
    items = [Movement.model_validate(row) for row in rows[: wanted.limit]]
    return Page(items=items, next_cursor=keyset.next_cursor(rows, wanted.limit))
