"""The same searches by PostgreSQL's full text: whole words and their beginnings, no typing mistakes (R-SRC-6)."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.catalog import queries as catalog
from api.search.asked import Asked
from api.search.schemas import DEEPEST, Sort
from api.sold import units_sold

_ACTIVE: dict[str, Any] = {"status": "active"}
_GIVEN = ("category_id", "seller_id", "price_min", "price_max", "in_stock", "rating_min")
# As the index compares: numbers by what they are, 10 and 10.0 alike, texts without the space around them.
_SHEET = """
spec_id IN (SELECT id FROM product_specs WHERE CASE jsonb_typeof(specifications -> :key_{n})
    WHEN 'number' THEN CAST(specifications ->> :key_{n} AS numeric) = ANY(CAST(:numbers_{n} AS numeric[]))
    ELSE lower(btrim(specifications ->> :key_{n}, E' \\t\\n')) = ANY(:values_{n}) END)
"""
_CATEGORIES = text("""
SELECT id, name FROM categories
WHERE lower(name) LIKE :start ESCAPE '!' OR lower(name) LIKE '% ' || :start ESCAPE '!'
ORDER BY NOT lower(name) LIKE :start ESCAPE '!', length(name), name, id LIMIT :most
""")


def _wanted_words(words: str) -> str:
    """Every word, or what begins with it, quoted so that none of its characters is an operator; none with a - before.

    What follows a - is left out by the index as well, as a whole word.
    """
    plain = (word.replace("'", " ").replace("\\", " ") for word in words.split())
    meant = (word for word in plain if any(character.isalnum() for character in word))
    return " & ".join(f"!'{word[1:]}'" if word.startswith("-") else f"'{word}':*" for word in meant)


def _document(statement: Select[Any]) -> ColumnElement[Any]:
    columns = statement.selected_columns
    return func.product_words(columns.name, columns.brand, columns.keywords, columns.description)


def _found(asked: Asked) -> Select[Any]:
    """What the filters and the words leave, and how well each fits."""
    wanted = asked.wanted
    given = _ACTIVE | wanted.model_dump(include=set(_GIVEN), exclude_none=True)
    statement = catalog.listed(given)
    columns = statement.selected_columns
    if wanted.currency:
        statement = statement.where(columns.currency == wanted.currency)
    if wanted.brand:
        statement = statement.where(func.lower(columns.brand).in_([brand.lower() for brand in wanted.brand]))
    for number, (key, values) in enumerate(asked.specs.items()):
        named = {"key": key, "values": [value.lower() for value in values], "numbers": _numbers(values)}
        sheet = text(_SHEET.replace("{n}", str(number)))
        statement = statement.where(sheet.bindparams(**{f"{name}_{number}": each for name, each in named.items()}))
    if asked.place:
        began = datetime.fromtimestamp(asked.at_ms / 1000, UTC)
        statement = statement.where(columns.created_at <= began)
    return _fitting(statement, wanted.q)


def _numbers(values: Sequence[str]) -> list[Decimal]:
    """Those of the values that are numbers, as the index holds them; a sheet in PostgreSQL may hold any."""
    found = []
    for value in values:
        with suppress(ValueError):
            found.append(float(value))
    return [Decimal(repr(number)) for number in found if isfinite(number)]


def _fitting(statement: Select[Any], words: str) -> Select[Any]:
    wanted = _wanted_words(words)
    if not wanted:
        return statement.add_columns(literal(0.0).label("fit"))
    meant, document = func.to_tsquery("simple", wanted), _document(statement)
    return statement.where(document.op("@@")(meant)).add_columns(func.ts_rank(document, meant).label("fit"))


def _ordered(statement: Select[Any], sort: Sort) -> Select[Any]:
    columns = statement.selected_columns
    match sort:
        case "relevance":
            return _best_first(statement)
        case "price":
            return statement.order_by(columns.price_minor, columns.id)
        case "-price":
            return statement.order_by(columns.price_minor.desc(), columns.id)
        case "-rating":
            return statement.order_by(catalog.RATING.desc(), columns.id)
        case "-created_at":
            return statement.order_by(columns.created_at.desc(), columns.id)
        case "-units_sold":
            sold = units_sold()
            joined = statement.outerjoin(sold, sold.c.product_id == columns.id)
            return joined.order_by(func.coalesce(sold.c.units, 0).desc(), columns.id)


def _best_first(statement: Select[Any]) -> Select[Any]:
    """What is sold out stands below what fits as well; stock is only counted for the results that can be reached."""
    columns = statement.selected_columns
    reached = statement.order_by(columns.fit.desc(), columns.created_at.desc(), columns.id).limit(DEEPEST).subquery()
    order = (reached.c.fit.desc(), (reached.c.available > 0).desc(), reached.c.created_at.desc(), reached.c.id)
    return select(reached).order_by(*order)


async def page(conn: AsyncConnection, asked: Asked) -> Sequence[Row[Any]]:
    """The products of a page, and one more if there is one."""
    statement = _ordered(_found(asked), asked.wanted.sort).offset(asked.offset).limit(asked.most + 1)
    rows: Sequence[Row[Any]] = (await conn.execute(statement)).all()
    return rows


async def total(conn: AsyncConnection, asked: Asked) -> int:
    """How many are found, counted up to the deepest that can be reached."""
    found = _found(asked)
    counted = found.with_only_columns(found.selected_columns.id, maintain_column_froms=True).limit(DEEPEST).subquery()
    return await conn.scalar(select(func.count()).select_from(counted)) or 0


async def named(conn: AsyncConnection, typed: str, most: int) -> Sequence[Row[Any]]:
    """Products with the words that were typed, the best first."""
    statement = _best_first(_fitting(catalog.listed(_ACTIVE), typed))
    rows: Sequence[Row[Any]] = (await conn.execute(statement.limit(most))).all()
    return rows


async def brands(conn: AsyncConnection, typed: str, most: int) -> list[str]:
    """Brands that begin with what was typed, those with most products first."""
    statement = _fitting(catalog.listed(_ACTIVE), typed)
    brand = statement.selected_columns.brand
    counted = statement.with_only_columns(brand, maintain_column_froms=True).group_by(brand)
    started = counted.where(brand.istartswith(typed, autoescape=True)).order_by(func.count().desc(), brand)
    return list((await conn.execute(started.limit(most))).scalars())


async def categories(conn: AsyncConnection, typed: str, most: int) -> Sequence[Row[Any]]:
    """Categories with a word that begins with what was typed."""
    plain = typed.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return (await conn.execute(_CATEGORIES, {"start": f"{plain}%", "most": most})).all()
