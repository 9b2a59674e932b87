"""Searches and suggestions: by Meilisearch, and while it is away by PostgreSQL (R-SRC-6)."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.catalog import queries as catalog
from api.ledger import queries as ledger
from api.schemas import CompleteUpTo
from api.search import index, queries
from api.search.asked import Asked
from api.search.engine import Engine, Results
from api.search.schemas import Found, FoundProduct, Suggestion, Suggestions
from api.unit import Unit
from streams.views import Published, average

MOST_OTHERS = 2
"""Categories, and brands, among suggestions."""


async def search(engine: Engine, work: Unit, asked: Asked, secret: str) -> Found:
    """A page; a search that PostgreSQL began is gone on with there, as its order is another."""
    begun_here = asked.place is not None and asked.place.source == "postgres"
    results = None if begun_here else await engine.ask([index.query(asked)])
    conn = await work.connection()
    return await (_of_index(conn, asked, results, secret) if results else _of_core(conn, asked, secret))


async def _of_index(conn: AsyncConnection, asked: Asked, results: Results, secret: str) -> Found:
    answer = results.answers[0]
    counted = index.facet_categories(answer)
    paths = await catalog.paths(conn, list(counted)) if counted else {}
    return Found(
        items=[index.product(hit) for hit in answer["hits"][: asked.most]],
        next_cursor=asked.next_cursor(secret, "meilisearch", more=len(answer["hits"]) > asked.most),
        facets=index.facets(answer, {each: names[-1] for each, (names, _) in paths.items()}),
        estimated_total=answer["estimatedTotalHits"],
        query_id=asked.query_id,
        source="meilisearch",
        complete_up_to=CompleteUpTo.model_validate(results.cut),
    )


async def _of_core(conn: AsyncConnection, asked: Asked, secret: str) -> Found:
    cut = Published(await ledger.cut(conn), ids.now())
    rows = await queries.page(conn, asked)
    shown = rows[: asked.most]
    paths = await catalog.paths(conn, [row.category_id for row in shown]) if shown else {}
    pictures = await catalog.image_keys(conn, [row.id for row in shown]) if shown else {}
    return Found(
        items=[_product(row, paths[row.category_id], pictures.get(row.id, [])) for row in shown],
        next_cursor=asked.next_cursor(secret, "postgres", more=len(rows) > asked.most),
        facets=None,
        estimated_total=await queries.total(conn, asked),
        query_id=asked.query_id,
        source="postgres",
        complete_up_to=CompleteUpTo.model_validate(cut),
    )


def _product(row: Any, path: tuple[list[str], list[UUID]], pictures: list[str]) -> FoundProduct:
    fields: Mapping[str, Any] = row._mapping
    names, category_ids = path
    shown = {
        "category": names,
        "category_ids": category_ids,
        "in_stock": row.available > 0,
        "rating_average": average(row.rating_sum, row.rating_count),
        "image": catalog.picture(pictures[0]) if pictures else None,
    }
    return FoundProduct.model_validate({**fields, **shown})


async def suggest(engine: Engine, conn: AsyncConnection, typed: str, limit: int) -> Suggestions:
    """What somebody may mean by what was typed so far: few categories and brands, then products."""
    results = await engine.ask(index.likely(typed, 2 * limit))
    if results:
        found, brands = results.answers
        products = [(hit["name"], UUID(hit["id"])) for hit in found["hits"]]
        likely = index.brands(brands)
    else:
        products = [(row.name, row.id) for row in await queries.named(conn, typed, 2 * limit)]
        likely = await queries.brands(conn, typed, MOST_OTHERS)
    categories = await queries.categories(conn, typed, MOST_OTHERS)
    items = [
        *(Suggestion(text=row.name, kind="category", id=row.id) for row in categories),
        *(Suggestion(text=brand, kind="brand", id=None) for brand in likely[:MOST_OTHERS]),
        *(Suggestion(text=name, kind="product", id=each) for name, each in _once(products)),
    ]
    return Suggestions(items=items[:limit])


def _once(products: Iterable[tuple[str, UUID]]) -> list[tuple[str, UUID]]:
    """The first product of each name: several sellers offer the same thing."""
    first: dict[str, tuple[str, UUID]] = {}
    for name, product_id in products:
        first.setdefault(name.lower(), (name, product_id))
    return list(first.values())
