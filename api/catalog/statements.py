"""The statements that read lists of products: one text for all lists of a shape, whose answer holds products as JSON.

A text is made once: for a list that differs from others in its values alone nothing is built, and PostgreSQL has it
prepared. It writes the JSON of each product itself; in the api every value would become an object first.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    Uuid,
    and_,
    bindparam,
    false,
    func,
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
SEEN = 1000
"""Products that each of them looks through: nobody waits long for the others."""
_DIALECT = make_url("postgresql+psycopg://").get_dialect()()
_KINDS = {"created_at": "timestamptz", "price": "bigint", "name": "text", "rating": "bigint"}
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


class Statement(NamedTuple):
    """A text, and those of its parameters that are the same for all lists of the shape."""

    text: str
    constants: Mapping[str, Any]


@lru_cache(maxsize=SHAPES_KEPT)
def alone(shape: Shape) -> Statement:
    """Gives one list, planned for its values: what is given, `behind_value` and `behind_id` if begun, and `limit`."""
    given = {name: bindparam(name, type_=VALUES[name]) for name in shape.given}
    others = {"status": shape.status} | _stocked(shape)
    where = [*queries.wanted(products, given | others, every_seller=shape.every_seller)]
    if shape.begun:
        kind = _sort(products, shape).type
        where.append(_behind(shape, bindparam("behind_value", type_=kind), bindparam("behind_id", type_=Uuid())))
    most = bindparam("limit", type_=Integer) + 1
    compiled = _page(products, shape, cut=false()).where(*where).limit(most).compile(dialect=_DIALECT)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return Statement(_text(shape, "SELECT 1::bigint AS n", str(compiled), limit="%(limit)s"), constants)


@lru_cache(maxsize=SHAPES_KEPT)
def together(shape: Shape) -> Statement:
    """Gives up to MOST lists; `asked` is the JSON text of their values.

    Whatever the values are, it follows the index of the order, through the first SEEN active products. A list that
    comes to the end of these is `cut`: it lacks what is further on.
    """
    given = {name: literal_column(f"asked.{name}", kind) for name, kind in VALUES.items() if name in shape.given}
    seller = {name: given.pop(name) for name in ("seller_id",) if name in given}
    first = _first(shape, {"status": shape.status} | seller)
    fits = [*queries.wanted(first, given | _stocked(shape), every_seller=True)]
    end = first.c.seen == SEEN
    page = _page(first, shape, cut=end).where(or_(end, and_(*fits)) if fits else true()).limit(shape.limit + 1)
    return Statement(_text(shape, _several(shape), _literal(page), limit=str(shape.limit)), {})


def _first(shape: Shape, given: Mapping[str, Any]) -> Subquery:
    """The first products in their order, numbered."""
    where = [*queries.wanted(products, given, every_seller=shape.every_seller)]
    if shape.begun:
        where.append(_behind(shape, literal_column("asked.behind_value"), literal_column("asked.behind_id")))
    order = _order(products, shape)
    seen = func.row_number().over(order_by=order).label("seen")
    return select(products, seen).where(*where).order_by(*order).limit(SEEN).subquery("first")


def _several(shape: Shape) -> str:
    kinds = {name: str(kind.compile(dialect=_DIALECT)) for name, kind in VALUES.items()}
    kinds |= {"behind_value": _KINDS[shape.order], "behind_id": "uuid"}
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    return _SEVERAL.format(columns=columns, names=", ".join(kinds), most=MOST)


def _stocked(shape: Shape) -> dict[str, Any]:
    return {} if shape.in_stock is None else {"in_stock": shape.in_stock}


def _sort(source: FromClause, shape: Shape) -> ColumnElement[Any]:
    return queries.SORTS[shape.order](source)


def _order(source: FromClause, shape: Shape) -> Sequence[ColumnElement[Any]]:
    columns = (_sort(source, shape), source.c.id)
    return tuple(column.desc() for column in columns) if shape.down else columns


def _behind(shape: Shape, value: ColumnElement[Any], product_id: ColumnElement[Any]) -> ColumnElement[bool]:
    here, there = tuple_(_sort(products, shape), products.c.id), tuple_(value, product_id)
    return here < there if shape.down else here > there


def _page(source: FromClause, shape: Shape, *, cut: ColumnElement[bool]) -> Select[Any]:
    columns = (source.c.id, _sort(source, shape).label("sort_value"), cut.label("cut"))
    return select(*columns).order_by(*_order(source, shape))


def _literal(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def _text(shape: Shape, asked: str, page: str, *, limit: str) -> str:
    shown = _literal(queries.WITH_STOCK.where(products.c.id.in_(text("SELECT id FROM each_once"))))
    kind, way = _KINDS[shape.order], "DESC" if shape.down else "ASC"
    return _TEXT.format(asked=asked, page=page, shown=shown, limit=limit, kind=kind, way=way, fields=_fields())


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
