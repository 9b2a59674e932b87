"""Promotions over HTTP (E-PRO-1 to 4)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import ColumnElement, true

from api.auth import Caller, Conn, Identity, Known, Member, operates, owns
from api.edge import Route
from api.errors import CodeTaken, CurrencyMismatch, CursorInvalid, NotFound, SellerInactive, VersionConflict
from api.idempotency import Once
from api.pagination import Keyset, Page
from api.problems import problems
from api.promotions import queries, service
from api.promotions.models import promotions
from api.promotions.schemas import NewPromotion, Promotion, PromotionChange, PromotionsWanted, PublicPromotion

router = APIRouter(prefix="/v1/promotions", tags=["promotions"], route_class=Route)


@router.post(
    "",
    status_code=201,
    summary="Make a promotion",
    dependencies=[Once],
    responses=problems(CodeTaken, SellerInactive, CurrencyMismatch),
)
async def create_promotion(body: NewPromotion, caller: Member, conn: Conn) -> Promotion:
    """With a code it is a coupon, without it applies by itself (E-PRO-1).

    Sellers pay for theirs, on own goods; operators choose who does. A draft applies once its status is active.
    """
    return Promotion.model_validate(await service.create(conn, caller, body.model_dump()))


@router.get("", summary="Promotions", responses=problems(CursorInvalid))
async def list_promotions(
    wanted: Annotated[PromotionsWanted, Query()], caller: Known, request: Request, conn: Conn
) -> Page[Promotion | PublicPromotion]:
    """Sellers see their own, operators all, everybody else those without a code that apply now (E-PRO-2)."""
    every = caller is not None and caller.operator
    keyset = Keyset(
        request.app.state.settings.cursor_secret,
        wanted.sort,
        queries.SORTS[wanted.sort.lstrip("-")],
        promotions.c.id,
        wanted.filters | {"seen": _whose(caller, every=every)},
    )
    filters = [(name, getattr(wanted, name)) for name in ("status", "scope", "seller_id")]
    statement = queries.listed(_visible(caller, every=every), filters)
    shape = Promotion if every or (caller and caller.seller_id) else PublicPromotion
    return (await keyset.read(conn, statement, wanted)).of(shape)


def _visible(caller: Identity | None, *, every: bool) -> ColumnElement[bool]:
    if every:
        return true()
    return promotions.c.seller_id == caller.seller_id if caller and caller.seller_id else queries.running()


def _whose(caller: Identity | None, *, every: bool) -> str:
    return "all" if every else str(caller.seller_id if caller else None)


@router.get("/{promotion_id}", summary="A promotion", responses=problems(NotFound))
async def get_promotion(
    promotion_id: UUID, caller: Caller, request: Request, conn: Conn
) -> Promotion | PublicPromotion:
    """Its seller and operators see its uses as well; a coupon is there for them only (E-PRO-3)."""
    row = await queries.one(conn, promotion_id)
    if row is None:
        raise NotFound
    whole = await (owns(request, caller, row.seller_id) if row.seller_id else operates(request, caller))
    if whole:
        return Promotion.model_validate(row)
    if await queries.runs(conn, promotion_id):
        return PublicPromotion.model_validate(row)
    raise NotFound


@router.patch(
    "/{promotion_id}",
    summary="Change a promotion",
    dependencies=[Once],
    responses=problems(NotFound, VersionConflict, CurrencyMismatch),
)
async def update_promotion(promotion_id: UUID, body: PromotionChange, caller: Member, conn: Conn) -> Promotion:
    """Absent fields stay, a limit or end of null goes; what it gives changes in a draft only (E-PRO-4)."""
    changes = body.model_dump(exclude_unset=True, exclude={"expected_version"})
    return Promotion.model_validate(await service.change(conn, caller, promotion_id, changes, body.expected_version))
