"""What is read of products, specification sheets and categories."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from api.catalog.models import categories, product_images, product_specs, products
from api.inventory.queries import available_of
from api.sellers.queries import active_ids


def _rating(source: FromClause) -> ColumnElement[int]:
    """The shown average in hundredths, rounded as `streams.views.average` does; 0 without any rating."""
    given, count = cast(source.c.rating_sum, BigInteger), source.c.rating_count
    return case((count > 0, (given * 200 + count) // (count * 2)), else_=0)


RATING = _rating(products)
SORTS: Mapping[str, Callable[[FromClause], ColumnElement[Any]]] = {
    "created_at": lambda source: source.c.created_at,
    "price": lambda source: source.c.price_minor,
    "name": lambda source: source.c.name,
    "rating": _rating,
}
MOST_LEVELS = 6

WITH_STOCK = select(products, available_of(products.c.id).label("available"))
# What a page shows beside, in the same round trip: the names of its categories from the top level down, its pictures.
_PATH: ColumnElement[Sequence[str]] = literal_column(
    """(WITH RECURSIVE up AS (
        SELECT k.id, k.name, k.parent_id, 1 AS depth FROM categories k WHERE k.id = products.category_id
        UNION ALL
        SELECT k.id, k.name, k.parent_id, up.depth + 1 FROM categories k JOIN up ON k.id = up.parent_id
        WHERE up.depth < 10
    ) SELECT array_agg(name ORDER BY depth DESC) FROM up)""",
    ARRAY(Text),
)
_IMAGES: ColumnElement[list[dict[str, Any]]] = literal_column(
    """(SELECT coalesce(jsonb_agg(to_jsonb(i) ORDER BY i.position, i.id), '[]') FROM product_images i
        WHERE i.product_id = products.id)""",
    JSONB,
)
_SHEET: ColumnElement[dict[str, Any]] = literal_column(
    "coalesce((SELECT s.specifications FROM product_specs s WHERE s.id = products.spec_id), '{}')", JSONB
)
# Active offers of the same sheet; a product without one stands for itself.
_OFFERS: ColumnElement[int] = literal_column(
    """CASE WHEN products.spec_id IS NULL THEN CAST(products.status = 'active' AS int) ELSE
        (SELECT CAST(count(*) AS int) FROM products o JOIN sellers s ON s.id = o.seller_id
         WHERE o.spec_id = products.spec_id AND o.status = 'active' AND s.status = 'active') END""",
    Integer,
)
_SHOWN = WITH_STOCK.add_columns(
    *(_PATH.label("path"), _IMAGES.label("images"), _SHEET.label("specifications"), _OFFERS.label("offers"))
).where(products.c.id == func.any(bindparam("ids", type_=ARRAY(products.c.id.type))))

_PATHS = text("""
WITH RECURSIVE path AS (
    SELECT id AS leaf, id, parent_id, name, 1 AS level FROM categories WHERE id = ANY(CAST(:ids AS uuid[]))
    UNION ALL
    SELECT p.leaf, c.id, c.parent_id, c.name, p.level + 1 FROM path p JOIN categories c ON c.id = p.parent_id
    WHERE p.level < 10
)
SELECT leaf, array_agg(name ORDER BY level DESC) AS names, array_agg(id ORDER BY level DESC) AS ids
FROM path GROUP BY leaf
""")

_SUBTREE = text("""
WITH RECURSIVE below AS (
    SELECT id, 1 AS level FROM categories WHERE id = :id
    UNION ALL
    SELECT c.id, b.level + 1 FROM below b JOIN categories c ON c.parent_id = b.id
)
SELECT id, level FROM below
""")
_TREE_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('categories'))")


async def product(conn: AsyncConnection, product_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """A product's row with its available units; `lock` for a change."""
    statement = WITH_STOCK.where(products.c.id == product_id)
    return (await conn.execute(statement.with_for_update(of=products) if lock else statement)).one_or_none()


async def shown(conn: AsyncConnection, product_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """What pages show of some products in one statement, in no order.

    Beside the row: `available` units, the names of the categories as `path`, `images`, `specifications`, `offers`.
    """
    return (await conn.execute(_SHOWN, {"ids": list(product_ids)})).all()


async def specification(
    conn: AsyncConnection, spec_id: UUID, *, lock: Literal["share", "change"] | None = None
) -> Row[Any] | None:
    """A specification sheet; with `lock` nobody else changes it until the end of the transaction."""
    statement = select(product_specs).where(product_specs.c.id == spec_id)
    if lock:
        statement = statement.with_for_update(read=lock == "share")
    return (await conn.execute(statement)).one_or_none()


async def images(conn: AsyncConnection, product_id: UUID) -> Sequence[Row[Any]]:
    """A product's pictures, the first one first."""
    columns = product_images.c
    statement = select(product_images).where(columns.product_id == product_id).order_by(columns.position, columns.id)
    return (await conn.execute(statement)).all()


async def image_keys(conn: AsyncConnection, product_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Where the pictures of some products are, the first one first; products without any are absent."""
    columns = product_images.c
    statement = select(columns.product_id, columns.object_key).where(columns.product_id.in_(product_ids))
    found: dict[UUID, list[str]] = {}
    for row in await conn.execute(statement.order_by(columns.position, columns.id)):
        found.setdefault(row.product_id, []).append(row.object_key)
    return found


def picture(object_key: str, size: str = "small") -> str:
    """Where a size of a picture is read."""
    return f"/v1/images/{object_key}/{size}"


async def paths(conn: AsyncConnection, category_ids: Sequence[UUID]) -> dict[UUID, tuple[list[str], list[UUID]]]:
    """Names and ids from the top level down, by category."""
    rows = await conn.execute(_PATHS, {"ids": list(set(category_ids))})
    return {row.leaf: (row.names, row.ids) for row in rows}


def listed(given: Mapping[str, Any]) -> Select[Any]:
    """Products of active sellers with their available units, those that `wanted` takes."""
    return WITH_STOCK.where(*wanted(products, given, every_seller=False))


def wanted(source: FromClause, given: Mapping[str, Any], *, every_seller: bool) -> Iterator[ColumnElement[bool]]:
    """Conditions on rows of products by the given fields of schemas.ProductsWanted, as values or expressions.

    `in_stock` is a value, lists are expressions. Products of inactive sellers are taken only with `every_seller`.
    """
    if not every_seller:
        yield source.c.seller_id.in_(active_ids())
    for name, value in given.items():
        yield _FILTERS[name](source, value)


def _below(category_id: Any) -> Select[Any]:
    """Ids of a category and of everything below it."""
    below = select(categories.c.id).where(categories.c.id == category_id).cte("below", recursive=True)
    child = categories.alias("child")
    return select(below.union_all(select(child.c.id).join(below, child.c.parent_id == below.c.id)).c.id)


def _in_stock(source: FromClause, wanted: bool) -> ColumnElement[bool]:
    has = available_of(source.c.id) > 0
    return has if wanted else ~has


_FILTERS: Mapping[str, Callable[[FromClause, Any], ColumnElement[bool]]] = {
    "status": lambda source, value: source.c.status == value,
    "category_id": lambda source, value: source.c.category_id.in_(_below(value)),
    "seller_id": lambda source, value: source.c.seller_id == value,
    "spec_id": lambda source, value: source.c.spec_id == value,
    "brand": lambda source, value: source.c.brand == func.any(value),
    "ids": lambda source, value: source.c.id == func.any(value),
    "price_min": lambda source, value: source.c.price_minor >= value,
    "price_max": lambda source, value: source.c.price_minor <= value,
    "in_stock": _in_stock,
    "rating_min": lambda source, value: and_(value * 100 <= _rating(source), source.c.rating_count > 0),
}


async def hold_tree(conn: AsyncConnection) -> None:
    """Let nobody else change the tree until the end of the transaction: two moves at once could make a cycle."""
    await conn.execute(_TREE_LOCK)


async def subtree(conn: AsyncConnection, category_id: UUID) -> dict[UUID, int]:
    """A category and everything below it, with the level of each; the category's own is 1."""
    return {row.id: row.level for row in await conn.execute(_SUBTREE, {"id": category_id})}


async def offers(conn: AsyncConnection, spec_id: UUID) -> Sequence[UUID]:
    """Ids of all products of a sheet."""
    return (await conn.execute(select(products.c.id).where(products.c.spec_id == spec_id))).scalars().all()


async def products_below(conn: AsyncConnection, category_id: UUID) -> Sequence[UUID]:
    """Ids of all products in a category and below it."""
    within = products.c.category_id.in_(_below(category_id))
    return (await conn.execute(select(products.c.id).where(within))).scalars().all()


def _counted() -> Select[tuple[Any, ...]]:
    counted = (
        select(products.c.category_id, func.count().label("products"))
        .where(products.c.status == "active", products.c.seller_id.in_(active_ids()))
        .group_by(products.c.category_id)
        .subquery()
    )
    return select(categories, func.coalesce(counted.c.products, 0).label("products")).outerjoin(
        counted, counted.c.category_id == categories.c.id
    )


async def category(conn: AsyncConnection, category_id: UUID) -> Row[Any] | None:
    """A category with its number of active products."""
    row: Row[Any] | None = (await conn.execute(_counted().where(categories.c.id == category_id))).one_or_none()
    return row


async def category_list(conn: AsyncConnection, parent_id: UUID | None, *, every: bool) -> Sequence[Row[Any]]:
    """Categories with their numbers of active products: every one, or those directly below a parent."""
    statement = _counted().order_by(categories.c.position, categories.c.name)
    if not every:
        statement = statement.where(categories.c.parent_id.is_not_distinct_from(parent_id))
    rows: Sequence[Row[Any]] = (await conn.execute(statement)).all()
    return rows
