"""Products and categories over HTTP (E-CAT-1 to 9)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.auth import Caller, Conn, Identity, Member, Operator, SellerCaller, operates, owns
from api.cache import Cache
from api.catalog import pages, queries, service, showcase
from api.catalog.asked import asked
from api.catalog.schemas import (
    Branch,
    Categories,
    Category,
    CategoryChange,
    NewCategory,
    NewProduct,
    Product,
    ProductChange,
    ProductPage,
    ProductsWanted,
)
from api.edge import Route
from api.errors import (
    CategoryCycle,
    CategoryNotEmpty,
    CategoryTaken,
    CurrencyMismatch,
    CursorInvalid,
    Forbidden,
    NotFound,
    SellerInactive,
    SkuTaken,
    VersionConflict,
)
from api.pagination import Page
from api.problems import problems
from api.unit import Work

router = APIRouter(prefix="/v1", tags=["catalog"], route_class=Route)
_COUNTED = frozenset({"status", "spec_id"})
"""What makes a product an offer of a sheet, or none."""


def _cache(request: Request) -> Cache:
    cache: Cache = request.app.state.cache
    return cache


async def _changed(request: Request, work: Work, product_id: UUID) -> ProductPage:
    """The page after a change; it replaces the copy instead of dropping it, so that a slow reader finds a newer one."""
    after = await _page(await work.connection(), product_id)
    work.after_commit(lambda: pages.remember(_cache(request), after))
    work.after_commit(showcase.of(request).changed)
    return after


async def _counted_anew(request: Request, work: Work, spec_id: UUID | None) -> None:
    """Once committed, every page of a sheet's offers is read again: it says how many there are."""
    if spec_id is not None:
        offers = await queries.offers(await work.connection(), spec_id)
        work.after_commit(lambda: pages.forget(_cache(request), offers))


async def _page(conn: Conn, product_id: UUID) -> ProductPage:
    found = await pages.page(conn, product_id)
    if found is None:
        raise NotFound
    return found


@router.post(
    "/products",
    status_code=201,
    summary="List a product",
    responses=problems(SkuTaken, SellerInactive, CurrencyMismatch),
)
async def create_product(
    body: NewProduct, caller: SellerCaller, request: Request, work: Work, conn: Conn
) -> ProductPage:
    """Makes its stock row as well, with the opening stock as first movement (E-CAT-1)."""
    work.after_commit(showcase.of(request).changed)
    row = await service.create(conn, caller.seller_id, body.model_dump(), actor_id=caller.user_id)
    await _counted_anew(request, work, body.spec_id)
    return await _page(conn, row.id)


@router.get("/products", summary="Products", response_model=Page[Product], responses=problems(CursorInvalid))
async def list_products(
    wanted: Annotated[ProductsWanted, Query()], caller: Caller, request: Request
) -> Page[Product] | Response:
    """Active products of active sellers; owners and operators may ask for other statuses (E-CAT-2)."""
    every_seller = await _sees_all(wanted, caller, request)
    if wanted.status != "active" and not every_seller:
        return Page(items=[])
    return _json(await showcase.of(request).listed(asked(wanted, every_seller=every_seller)))


async def _sees_all(wanted: ProductsWanted, caller: Identity | None, request: Request) -> bool:
    if wanted.seller_id is None:
        return wanted.status != "active" and await operates(request, caller)
    return await owns(request, caller, wanted.seller_id)


@router.get("/products/{product_id}", summary="A product", response_model=ProductPage, responses=problems(NotFound))
async def get_product(product_id: UUID, caller: Caller, request: Request) -> Response:
    """Inactive and deleted ones are there for their owner and operators only (E-CAT-3)."""
    found = await showcase.of(request).page(product_id)
    if found is None or (found.status != "active" and not await owns(request, caller, found.seller_id)):
        raise NotFound
    return _json(found.body)


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


@router.patch(
    "/products/{product_id}",
    summary="Change a product",
    responses=problems(Forbidden, NotFound, VersionConflict, SkuTaken),
)
async def update_product(
    product_id: UUID, body: ProductChange, caller: Member, request: Request, work: Work
) -> ProductPage:
    """Absent fields stay; orders keep the name and price they were placed at (E-CAT-4)."""
    conn = await work.connection()
    changes = body.model_dump(exclude_unset=True, exclude={"expected_version"})
    before = await queries.product(conn, product_id) if _COUNTED & changes.keys() else None
    after = await service.change(conn, caller, product_id, changes, body.expected_version)
    if before is not None:
        for spec_id in {before.spec_id, after.spec_id}:
            await _counted_anew(request, work, spec_id)
    return await _changed(request, work, product_id)


@router.delete("/products/{product_id}", status_code=204, summary="Delete a product", responses=problems(NotFound))
async def delete_product(product_id: UUID, caller: Member, request: Request, work: Work, conn: Conn) -> Response:
    """For good: the SKU stays taken, order history stays readable; repeating it is fine (E-CAT-5)."""
    await service.remove(conn, caller, product_id)
    await _counted_anew(request, work, (await _changed(request, work, product_id)).spec_id)
    return Response(status_code=204)


@router.get("/categories", summary="Categories")
async def list_categories(conn: Conn, parent_id: UUID | None = None, tree: bool = False) -> Categories:
    """Those directly below a parent, or with `tree=true` the whole tree (E-CAT-6)."""
    rows = await queries.category_list(conn, parent_id, every=tree)
    if not tree:
        return Categories(items=[Category.model_validate(row) for row in rows])
    branches = {row.id: Branch.model_validate(row) for row in rows}
    for branch in branches.values():
        if branch.parent_id in branches:
            branches[branch.parent_id].children.append(branch)
    return Categories(items=[branch for branch in branches.values() if branch.parent_id == parent_id])


@router.post("/categories", status_code=201, summary="Add a category", responses=problems(CategoryCycle, CategoryTaken))
async def create_category(body: NewCategory, caller: Operator, conn: Conn) -> Category:
    """At most six levels (E-CAT-7)."""
    return Category.model_validate({**(await service.create_category(conn, **body.model_dump()))._mapping})


@router.patch(
    "/categories/{category_id}",
    summary="Rename or move a category",
    responses=problems(Forbidden, NotFound, CategoryCycle, CategoryTaken),
)
async def update_category(
    category_id: UUID, body: CategoryChange, caller: Operator, request: Request, work: Work
) -> Category:
    """It moves with everything below it (E-CAT-8)."""
    conn = await work.connection()
    row = await service.change_category(conn, category_id, body.model_dump(exclude_unset=True))
    if body.model_fields_set & {"name", "parent_id"}:
        shown = await queries.products_below(conn, category_id)
        work.after_commit(lambda: pages.forget(_cache(request), shown))
        work.after_commit(showcase.of(request).changed)
    return Category.model_validate(row)


@router.delete(
    "/categories/{category_id}",
    status_code=204,
    summary="Delete a category",
    responses=problems(Forbidden, NotFound, CategoryNotEmpty),
)
async def delete_category(category_id: UUID, caller: Operator, conn: Conn) -> Response:
    """Only an empty one; products that were deleted count (E-CAT-9)."""
    await service.remove_category(conn, category_id)
    return Response(status_code=204)
