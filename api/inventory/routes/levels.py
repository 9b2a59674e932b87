"""Stock as it is now, and how sellers change it (E-INV-1, 2, 6, 7)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api import outbox
from api.auth import Caller, Conn, Member, owns
from api.cache import Cache
from api.edge import Route
from api.errors import InsufficientStock, NotFound, ValidationFailed, VersionConflict
from api.idempotency import Once
from api.inventory import queries, service
from api.inventory.routes.owners import Keeper, kept_by, own
from api.inventory.schemas import Bucket, Level, Levels, Stock, StockChange, StockCounted
from api.problems import problems

MOST_IDS = 100

router = APIRouter(tags=["inventory"], route_class=Route)


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


@router.get("/products/inventory", summary="Stock of several products", responses=problems(ValidationFailed))
async def list_stock_levels(
    ids: Annotated[list[str], Query(min_length=1, max_length=MOST_IDS, description="separated by commas, or repeated")],
    request: Request,
    conn: Conn,
) -> Levels:
    """As the stream side knows it, within a second; only PostgreSQL decides a sale (E-INV-2).

    Of active products of active sellers, as each one's own stock is: what is not for sale is missing.
    """
    wanted = _ids(ids)
    known = await _known(request.app.state.cache, conn, await queries.for_sale(conn, wanted))
    return Levels(
        items=[_level(product_id, known[product_id]) for product_id in wanted if product_id in known],
        missing=[product_id for product_id in wanted if product_id not in known],
    )


async def _known(cache: Cache, conn: Conn, product_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Units of some products: the stream side's copies, and PostgreSQL's rows of those without one."""
    copies = await cache.get_many([f"inventory:{product_id}" for product_id in product_ids])
    known = {product_id: int(copy) for product_id, copy in zip(product_ids, copies or (), strict=False) if copy}
    return known | await queries.available(conn, [product_id for product_id in product_ids if product_id not in known])


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
async def get_stock(product_id: UUID, caller: Caller, request: Request, conn: Conn) -> Stock | Level:
    """Everybody sees what is available of what is for sale; the owner and operators see the rows (E-INV-1)."""
    owner = await queries.owner(conn, product_id)
    whole = owner is not None and await owns(request, caller, owner.seller_id)
    if owner is None or not (whole or owner.for_sale):
        raise NotFound
    found = await _stock(conn, product_id)
    return found if whole else _level(product_id, found.available)


@router.put(
    "/products/{product_id}/inventory",
    summary="Set a count",
    dependencies=[Once],
    responses=problems(NotFound, VersionConflict, InsufficientStock),
)
async def set_stock(product_id: UUID, body: StockCounted, caller: Member, conn: Conn) -> Stock:
    """Writes one adjusted movement (E-INV-7)."""
    await own(conn, product_id, caller)
    cause = service.Cause("adjustment", actor_id=caller.user_id, note=body.note)
    facts = await service.set_count(conn, product_id, body.on_hand, expected_version=body.expected_version, cause=cause)
    await outbox.record(conn, *facts)
    return await _stock(conn, product_id)


@router.post(
    "/inventory/{product_id}",
    summary="Add or take away units",
    dependencies=[Once],
    responses=problems(NotFound, InsufficientStock),
)
async def adjust_stock(product_id: UUID, body: StockChange, caller: Keeper, conn: Conn) -> Stock:
    """A negative quantity may not go below what is held (E-INV-6)."""
    await kept_by(conn, product_id, caller)
    cause = service.Cause("adjustment", actor_id=caller.user_id, note=body.note)
    await outbox.record(conn, *await service.change(conn, product_id, body.quantity, kind=body.reason, cause=cause))
    return await _stock(conn, product_id)
