"""The statements that read lists of products: one text for all lists of a shape, whose answer holds products as JSON.

A text is made once: for a list that differs from others in its values alone nothing is built, and PostgreSQL has it
prepared. It writes the JSON of each product itself; in the api every value would become an object first.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    false,
    func,
    literal,
    literal_column,
    make_url,
    or_,
    select,
    text,
    true,
    tuple_,
)

from api.catalog import queries
from api.catalog.asked import VALUES, Shape
from api.catalog.models import products
from api.catalog.schemas import Product

SHAPES_KEPT = 500
MOST = 8
"""Lists of one round trip."""
SEEN = 500
"""Products that each of them looks through: nobody waits long for the others."""
_DIALECT = make_url("postgresql+psycopg://").get_dialect()()
_KINDS = {"created_at": "timestamptz", "price": "bigint", "name": "text", "rating": "bigint"}
_PRICES = {"price_min", "price_max"}
_LEADING = {"created_at": ("seller_id",), "price": ("price_min", "price_max")}
"""What the index of an order begins with or is itself: only products that fit are looked through."""
_TEXT = """
WITH RECURSIVE asked AS ({asked}
), found AS MATERIALIZED (
    SELECT asked.n, page.* FROM asked CROSS JOIN LATERAL (
        SELECT one.*, row_number() OVER (ORDER BY sort_value {way}, id {way}) AS place FROM ({page}) AS one
    ) AS page
), each_once AS (
    SELECT DISTINCT id FROM found WHERE place <= {limit}
), shown AS MATERIALIZED ({shown}
), climbed AS (
    SELECT DISTINCT category_id AS leaf, category_id AS id, 1 AS level FROM shown
    UNION ALL
    SELECT d.leaf, c.parent_id, d.level + 1 FROM climbed d JOIN categories c ON c.id = d.id
    WHERE c.parent_id IS NOT NULL AND d.level < 10
), path AS (
    SELECT d.leaf, array_agg(c.name ORDER BY d.level DESC) AS names
    FROM climbed d JOIN categories c ON c.id = d.id GROUP BY d.leaf
)
SELECT NULL::bigint AS n, shown.id::text AS ids, row_to_json(product)::text AS body, NULL::{kind} AS last, false AS cut
FROM shown JOIN path ON path.leaf = shown.category_id CROSS JOIN LATERAL (SELECT {fields}) AS product
UNION ALL
SELECT n, string_agg(id::text, ',' ORDER BY place), NULL, max(sort_value) FILTER (WHERE place = {limit}), bool_or(cut)
FROM found GROUP BY n
"""
_SEVERAL = """
    SELECT * FROM ROWS FROM (json_to_recordset(CAST(%(asked)s AS json)) AS ({columns}))
    WITH ORDINALITY AS _ ({names}, n) LIMIT {most}"""
_MOMENT = """to_char(shown.{name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


@lru_cache(maxsize=SHAPES_KEPT)
def alone(shape: Shape) -> str:
    """Gives one list; parameters are what is given, `behind_value` and `behind_id` if begun, and `most` rows.

    How many products a price leaves is known of its value alone: with a limit that it does not know the planner finds
    a plan for values cheaper than one for all, and makes one for each list. Other values all lead to the same plan.
    """
    fits = {**_given(shape), **_stocked(shape), "status": shape.status}
    where = [*queries.wanted(products, fits, every_seller=shape.every_seller), *_behind(shape)]
    most = literal_column("asked.most", Integer) if _PRICES.intersection(shape.given) else literal(shape.limit + 1)
    page = _page(products, shape, cut=false()).where(*where).limit(most)
    begun = ("behind_value", "behind_id") if shape.begun else ()
    values = {name: kind for name, kind in _kinds(shape).items() if name in (*shape.given, *begun)} | {"most": "int"}
    asked = ", ".join(f"CAST(%({name})s AS {kind}) AS {name}" for name, kind in values.items())
    return _text(shape, f"SELECT 1::bigint AS n, {asked}", page)


@lru_cache(maxsize=SHAPES_KEPT)
def together(shape: Shape) -> str:
    """Gives up to MOST lists; `asked` is the JSON text of their values.

    Whatever the values are, it follows the index of the order, through the first SEEN active products. A list that
    comes to the end of these is `cut`: it lacks what is further on.
    """
    given = _given(shape)
    leading = {name: given.pop(name) for name in _LEADING[shape.order] if name in given}
    first = _first(shape, {"status": shape.status} | leading)
    fits = [*queries.wanted(first, given | _stocked(shape), every_seller=True)]
    end = first.c.seen == SEEN
    page = _page(first, shape, cut=end).where(or_(end, and_(*fits)) if fits else true()).limit(shape.limit + 1)
    kinds = _kinds(shape)
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    return _text(shape, _SEVERAL.format(columns=columns, names=", ".join(kinds), most=MOST), page)


def _first(shape: Shape, given: Mapping[str, Any]) -> Subquery:
    """The first products in their order, numbered."""
    where = [*queries.wanted(products, given, every_seller=shape.every_seller), *_behind(shape)]
    order = _order(products, shape)
    seen = func.row_number().over(order_by=order).label("seen")
    return select(products, seen).where(*where).order_by(*order).limit(SEEN).subquery("first")


def _kinds(shape: Shape) -> dict[str, str]:
    """The types of all values, by name."""
    kinds = {name: str(kind.compile(dialect=_DIALECT)) for name, kind in VALUES.items()}
    return kinds | {"behind_value": _KINDS[shape.order], "behind_id": "uuid"}


def _given(shape: Shape) -> dict[str, Any]:
    return {name: literal_column(f"asked.{name}", VALUES[name]) for name in shape.given}


def _stocked(shape: Shape) -> dict[str, Any]:
    return {} if shape.in_stock is None else {"in_stock": shape.in_stock}


def _sort(source: FromClause, shape: Shape) -> ColumnElement[Any]:
    return queries.SORTS[shape.order](source)


def _order(source: FromClause, shape: Shape) -> Sequence[ColumnElement[Any]]:
    columns = (_sort(source, shape), source.c.id)
    return tuple(column.desc() for column in columns) if shape.down else columns


def _behind(shape: Shape) -> Iterator[ColumnElement[bool]]:
    if shape.begun:
        here = tuple_(_sort(products, shape), products.c.id)
        there = tuple_(literal_column("asked.behind_value"), literal_column("asked.behind_id"))
        yield here < there if shape.down else here > there


def _page(source: FromClause, shape: Shape, *, cut: ColumnElement[bool]) -> Select[Any]:
    columns = (source.c.id, _sort(source, shape).label("sort_value"), cut.label("cut"))
    return select(*columns).order_by(*_order(source, shape))


def _literal(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def _text(shape: Shape, asked: str, page: Select[Any]) -> str:
    return _TEXT.format(
        asked=asked,
        page=_literal(page),
        shown=_literal(queries.WITH_STOCK.where(products.c.id.in_(text("SELECT id FROM each_once")))),
        limit=shape.limit,
        kind=_KINDS[shape.order],
        way="DESC" if shape.down else "ASC",
        fields=_fields(),
    )


def _fields() -> str:
    rating = _literal(queries.SORTS["rating"](products.alias("shown")))
    own = {
        "category": "path.names",
        "in_stock": "shown.available > 0",
        "rating_average": f"CASE WHEN rating_count > 0 THEN to_char({rating} / 100.0, 'FM999999990.00') END",
        "created_at": _MOMENT.format(name="created_at"),
        "updated_at": _MOMENT.format(name="updated_at"),
    }
    return ", ".join(f"{own.get(name, f'shown.{name}')} AS {name}" for name in Product.model_fields)
