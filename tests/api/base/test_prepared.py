"""What a connection has prepared: kept over rollbacks and for all numbers, and renewed when the tables have changed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from itertools import product
from unittest.mock import Mock

import httpx2
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import _queries
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import db
from api.prepared import THRESHOLD
from tests import shop

_HELD = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :mark")
_ARRAY = text("SELECT CAST(:texts AS text[])")
_WIDTH = (
    "SELECT character_maximum_length FROM information_schema.columns "
    "WHERE table_name = 'users' AND column_name = 'first_name'"
)
OFTEN = 6
"""More than THRESHOLD, and than what the library waits for by itself."""


TextsOf = Callable[[list[str | None]], list[str | None]]


@pytest.fixture(scope="module")
def texts_of(pg: str) -> Iterator[TextsOf]:
    """What the database makes of an array that it is sent."""
    with asyncio.Runner() as runner:
        pool = db.engine(pg, size=1)

        async def asked(texts: list[str | None]) -> list[str | None]:
            async with pool.connect() as conn:
                found: list[str | None] = (await conn.execute(_ARRAY, {"texts": texts})).scalar_one()
                return found

        yield lambda texts: runner.run(asked(texts))
        runner.run(pool.dispose())


@asynccontextmanager
async def one_connection(dsn: str) -> AsyncIterator[AsyncEngine]:
    pool = db.engine(dsn, size=1)
    yield pool
    await pool.dispose()


async def numbers(conn: AsyncConnection, statement: str, values: Sequence[int]) -> list[int]:
    return [(await conn.execute(text(statement), {"number": value})).scalar_one() for value in values]


async def held(conn: AsyncConnection, mark: str) -> int:
    return int((await conn.execute(_HELD, {"mark": f"%/* {mark} */%"})).scalar_one())


def test_a_rollback_keeps_what_was_prepared(pg: str) -> None:
    async def run() -> int:
        async with one_connection(pg) as pool:
            async with pool.connect() as conn:
                await numbers(conn, "SELECT 2 * :number /* kept */", [1] * OFTEN)
                await conn.rollback()
            async with pool.connect() as conn:
                return await held(conn, "kept")

    assert asyncio.run(run()) == 1


def test_numbers_of_all_sizes_are_one_statement(pg: str) -> None:
    sizes = [1, 2**20, 2**40, -3, -(2**63), 2**63 - 1]

    async def run() -> tuple[list[int], int]:
        async with one_connection(pg) as pool, pool.connect() as conn:
            return await numbers(conn, "SELECT :number /* sizes */", OFTEN * sizes), await held(conn, "sizes")

    assert asyncio.run(run()) == (OFTEN * sizes, 1)


def test_a_number_beyond_all_columns_goes_as_it_is(pg: str) -> None:
    async def run() -> list[int]:
        async with one_connection(pg) as pool, pool.connect() as conn:
            return await numbers(conn, "SELECT :number", [2**63, -(2**70)])

    assert asyncio.run(run()) == [2**63, -(2**70)]


def test_what_fails_when_it_is_prepared_is_kept_for_others(pg: str) -> None:
    """Else each third failure of a statement would leave one behind in the server."""

    async def run() -> tuple[list[int], int]:
        async with one_connection(pg) as pool:
            for number in [1] * THRESHOLD + [0] * 4 * OFTEN:
                async with pool.connect() as conn:
                    with suppress(DBAPIError):
                        await numbers(conn, "SELECT 1 / :number /* fails */", [number])
            async with pool.connect() as conn:
                return await numbers(conn, "SELECT 1 / :number /* fails */", [1]), await held(conn, "fails")

    assert asyncio.run(run()) == ([1], 1)


def test_a_migration_beside_the_api_fails_nobody(pg: str, shopper: httpx2.Client) -> None:
    """The call is made again on a new connection."""
    widen = "ALTER TABLE users ALTER COLUMN first_name TYPE varchar({})"
    with psycopg.connect(pg, autocommit=True) as other:
        (width,) = other.execute(_WIDTH).fetchone() or (0,)
        for characters in (width + 1, width):
            assert [shopper.get("/users/me").status_code for _ in range(OFTEN)] == [200] * OFTEN
            other.execute(widen.format(characters).encode())
    assert shopper.get("/users/me").status_code == 200


def test_reads_without_a_token_outlast_a_migration_too(pg: str, api: str, seller: httpx2.Client) -> None:
    """Pages, lists and suggestions, which are answered before the framework is asked or share their statements."""
    page = f"/products/{shop.product(seller, price=100, stock=1)}"
    reads = (page, "/products?limit={}", "/search?q=tea&limit={}", "/search/suggestions?q=tea&limit={}", "/sellers")
    widen = "ALTER TABLE products ALTER COLUMN name TYPE varchar({0}), ALTER COLUMN brand TYPE varchar({0})"
    with psycopg.connect(pg, autocommit=True) as other, closing(shop.client_of(api)) as anybody:
        for path, characters in product(reads, (300, 255)):
            assert {anybody.get(path.format(n)).status_code for n in range(1, 1 + OFTEN)} == {200}, path
            other.execute(widen.format(characters).encode())
            assert anybody.get(path.format(9)).status_code == 200, path


def test_a_table_that_changes_costs_one_statement(pg: str) -> None:
    """Without a new connection every later one would fail, too."""

    async def run() -> None:
        async with one_connection(pg) as pool:
            async with db.statement(pool) as conn:
                for _ in range(OFTEN):
                    await conn.execute(text("SELECT * FROM changing"))
            with psycopg.connect(pg, autocommit=True) as other:
                other.execute("ALTER TABLE changing ALTER COLUMN n TYPE text")
            with pytest.raises(DBAPIError, match="cached plan"):
                async with db.statement(pool) as conn:
                    await conn.execute(text("SELECT * FROM changing"))
            async with db.statement(pool) as conn:
                assert (await conn.execute(text("SELECT * FROM changing"))).scalar_one() == "1"

    with psycopg.connect(pg, autocommit=True) as connection:
        connection.execute("CREATE TABLE changing AS SELECT 1 AS n")
    try:
        asyncio.run(run())
    finally:
        with psycopg.connect(pg, autocommit=True) as connection:
            connection.execute("DROP TABLE changing")


def test_a_long_statement_is_read_once(pg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkout has 58 values and 5,700 characters: a third of a millisecond at each call."""
    split = Mock(wraps=_queries._split_query)
    monkeypatch.setattr(_queries, "_split_query", split)
    values = {f"value{number}": number for number in range(60)}
    statement = text(f"SELECT {' + '.join(f':{name}' for name in values)} /* {'long ' * 1000} */")

    async def run() -> list[int]:
        async with one_connection(pg) as pool, pool.connect() as conn:
            return [(await conn.execute(statement, values)).scalar_one() for _ in range(OFTEN)]

    assert asyncio.run(run()) == [sum(values.values())] * OFTEN
    assert len([call for call in split.call_args_list if b"long" in call.args[0]]) == 1


@given(texts=st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example(texts=['{"a": "\\\\ \\" and \'"}', "NULL", "", " ", "\\", '"', "a,b", "{}", "\n"])
def test_texts_of_an_array_arrive_as_they_are(texts: list[str | None], texts_of: TextsOf) -> None:
    """Escaped by ourselves: nothing that is written into a text becomes a part of the array."""
    assert texts_of(texts) == texts
