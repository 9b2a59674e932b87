"""Recommendations over HTTP (E-REC-1 to 3)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Identity, Shopper, holds
from api.cache import Cache
from api.catalog import queries as catalog
from api.edge import Route
from api.errors import NotFound
from api.problems import problems
from api.recommendations import lists, service
from api.recommendations.lists import Lists
from api.recommendations.schemas import PopularWanted, Recommendations, Recommended, Wanted
from api.schemas import CompleteUpTo
from api.unit import Work
from streams.views import average, popular_key, similar_key, user_list_key

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"], route_class=Route)

ListId = Literal["rec:popular", "rec:user", "rec:similar"]


def _cache(request: Request) -> Cache:
    cache: Cache = request.app.state.cache
    return cache


def _orders(request: Request) -> service.OrderLists:
    found: service.OrderLists = request.app.state.order_lists
    return found


async def _answer(conn: AsyncConnection, list_id: ListId, chosen: service.Chosen, found: Lists) -> Recommendations:
    paths = await catalog.paths(conn, [row.category_id for row, _ in chosen.items]) if chosen.items else {}
    return Recommendations(
        list_id=list_id,
        items=[_item(row, score, paths[row.category_id][0]) for row, score in chosen.items],
        source=chosen.source,
        complete_up_to=CompleteUpTo.model_validate(found.complete_up_to),
    )


def _item(row: Row[Any], score: int | None, path: Sequence[str]) -> Recommended:
    rated = average(row.rating_sum, row.rating_count)
    return Recommended.model_validate({**row._mapping, "category": path, "rating_average": rated, "score": score})


@router.get("/popular", summary="Popular products")
async def list_popular_products(
    wanted: Annotated[PopularWanted, Query()], request: Request, work: Work
) -> Recommendations:
    """By units sold in 30 days, in all or in one category (E-REC-1)."""
    found = await lists.popular(_cache(request), popular_key(wanted.category_id))
    conn = await work.connection()
    found = found or await _orders(request).popular(conn, wanted.category_id)
    return await _answer(conn, "rec:popular", await service.choose(conn, found, wanted.limit), found)


@router.get("/user/me", summary="Products for me")
async def recommend_for_me(
    wanted: Annotated[Wanted, Query()], caller: Shopper, request: Request, work: Work
) -> Recommendations:
    """By what the caller viewed, added and bought; the popular ones before there is any of it (E-REC-2)."""
    return await _for_user(caller.user_id, wanted.limit, request, work)


@router.get("/user/{user_id}", summary="Products for a shopper", responses=problems(NotFound))
async def recommend_for_user(
    user_id: UUID, wanted: Annotated[Wanted, Query()], caller: Shopper, request: Request, work: Work
) -> Recommendations:
    """The own ones; for operators and other processes of the platform anybody's (E-REC-2)."""
    if not await _sees(caller, user_id, request):
        raise NotFound
    return await _for_user(user_id, wanted.limit, request, work)


async def _sees(caller: Identity, user_id: UUID, request: Request) -> bool:
    return caller.user_id == user_id or await holds(request, caller, "operator", "service")


async def _for_user(user_id: UUID, limit: int, request: Request, work: Work) -> Recommendations:
    found = await lists.own(_cache(request), user_list_key(user_id), ("popular", popular_key()))
    conn = await work.connection()
    found = found or await _orders(request).popular(conn)
    return await _answer(conn, "rec:user", await service.choose(conn, found, limit), found)


@router.get("/similar/{product_id}", summary="Products that go with one", responses=problems(NotFound))
async def list_similar_products(
    product_id: UUID, wanted: Annotated[Wanted, Query()], request: Request, work: Work
) -> Recommendations:
    """Bought or viewed together with it; others of its category before there are any (E-REC-3)."""
    conn = await work.connection()
    product = await catalog.product(conn, product_id)
    if product is None or product.status != "active":
        raise NotFound
    category = popular_key(product.category_id)
    found = await lists.own(_cache(request), similar_key(product_id), ("category", category))
    chosen = found and await service.choose(conn, found, wanted.limit, besides=product_id)
    if not found or not chosen or not chosen.items:
        found = await _orders(request).of_category(conn, product.category_id)
        chosen = await service.choose(conn, found, wanted.limit, besides=product_id)
    return await _answer(conn, "rec:similar", chosen, found)
