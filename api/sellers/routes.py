"""Seller accounts over HTTP (E-SEL-1 to 5)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.auth import Caller, Conn, Member, SellerCaller, Shopper, operates, owns
from api.edge import Route
from api.errors import (
    CurrencyMismatch,
    CursorInvalid,
    Forbidden,
    NotFound,
    OpenObligations,
    SellerExists,
    SellerInactive,
    VersionConflict,
)
from api.pagination import Keyset, Page
from api.problems import problems
from api.sellers import queries, service
from api.sellers.models import sellers
from api.sellers.schemas import (
    NewSeller,
    PublicSeller,
    PublicSellerPage,
    Seller,
    SellerChange,
    SellerPage,
    SellersWanted,
)
from streams.views import average

router = APIRouter(prefix="/v1/sellers", tags=["sellers"], route_class=Route)


@router.post("", status_code=201, summary="Become a seller", responses=problems(SellerExists))
async def create_seller(body: NewSeller, caller: Shopper, request: Request, conn: Conn) -> Seller:
    """One account a user; the role counts at once, the token's claim follows with the next refresh (E-SEL-1)."""
    settings = request.app.state.settings
    status = "active" if settings.auto_approve_sellers else "pending"
    fields = body.model_dump() | {"currency": body.currency or settings.platform_currency}
    return Seller.model_validate(await service.create(conn, caller.user_id, status=status, **fields))


@router.get("", summary="Sellers", responses=problems(CursorInvalid))
async def list_sellers(
    wanted: Annotated[SellersWanted, Query()], caller: Caller, request: Request, conn: Conn
) -> Page[PublicSeller]:
    """Active ones; operators may ask for every status (E-SEL-2)."""
    every = await operates(request, caller) if wanted.status != "active" else False
    status = wanted.status if every else "active"
    keyset = Keyset(
        request.app.state.settings.cursor_secret,
        wanted.sort,
        queries.SORTS[wanted.sort],
        sellers.c.id,
        {"status": status, "q": wanted.q},
    )
    return (await keyset.read(conn, queries.listed(status, wanted.q), wanted)).of(PublicSeller)


@router.get("/me", summary="The own seller account", responses=problems(Forbidden))
async def get_my_seller(caller: SellerCaller, conn: Conn) -> Seller:
    """In any status (E-SEL-3)."""
    return Seller.model_validate(await queries.one(conn, caller.seller_id))


@router.get("/{seller_id}", summary="A seller", responses=problems(NotFound))
async def get_seller(seller_id: UUID, caller: Caller, request: Request, conn: Conn) -> SellerPage | PublicSellerPage:
    """With its rating; its owner and operators see everything, others the public part of an active one (E-SEL-4)."""
    row = await queries.one(conn, seller_id)
    whole = await owns(request, caller, seller_id)
    if row is None or not (whole or row.status == service.ACTIVE):
        raise NotFound
    given = await queries.rated(conn, seller_id)
    rating = {"rating_average": average(given.rating_sum, given.rating_count), "rating_count": given.rating_count}
    shown = {**row._mapping, **rating}
    return SellerPage.model_validate(shown) if whole else PublicSellerPage.model_validate(shown)


@router.patch(
    "/{seller_id}",
    summary="Change a seller account",
    responses=problems(
        Forbidden, NotFound, VersionConflict, SellerInactive, SellerExists, OpenObligations, CurrencyMismatch
    ),
)
async def update_seller(seller_id: UUID, body: SellerChange, caller: Member, conn: Conn) -> Seller:
    """Its owner changes the profile; status and commission are for operators, and closed is for good (E-SEL-5)."""
    if not caller.owns(seller_id):
        raise NotFound
    changes = body.model_dump(exclude_unset=True, exclude={"expected_version"})
    if not caller.operator and changes.keys() & service.FOR_OPERATORS:
        raise Forbidden("Status and commission are for operators to change.")
    return Seller.model_validate(await service.change(conn, seller_id, changes, body.expected_version))
