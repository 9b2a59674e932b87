"""Plain statements by the driver itself: the same rows, errors, transactions and events as by SQLAlchemy."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import UniqueViolation
from sqlalchemy import bindparam, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError, NoResultFound, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import db
from api.direct import Result

BOTH = text("SELECT n, n * 2 AS twice FROM generate_series(1, CAST(:most AS int)) n ORDER BY n")
BACKENDS = text("SELECT pg_backend_pid()")
KINDS = text(
    "SELECT CAST(:id AS uuid) AS id, CAST(:words AS text[]) AS words, CAST(:data AS jsonb) AS data, 7 % 4 AS n"
)
WORD = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20)
JSON = st.dictionaries(WORD, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORD, max_size=4)


@asynccontextmanager
async def engine(dsn: str, size: int = 1) -> AsyncIterator[AsyncEngine]:
    pool = db.engine(dsn, size=size)
    try:
        yield pool
    finally:
        await pool.dispose()


def run(dsn: str, work: Callable[[AsyncEngine], Awaitable[Any]], size: int = 1) -> Any:
    async def main() -> Any:
        async with engine(dsn, size) as pool:
            return await work(pool)

    return asyncio.run(main())


def test_rows_are_had_in_every_way_that_sqlalchemy_knows(pg: str) -> None:
    async def work(pool: AsyncEngine) -> None:
        async with pool.connect() as conn:
            found = await conn.execute(BOTH, {"most": 3})
            assert isinstance(found, Result)
            assert [(row.n, row.twice, row._mapping["twice"]) for row in found.all()] == [
                (1, 2, 2),
                (2, 4, 4),
                (3, 6, 6),
            ]
            assert (await conn.execute(BOTH, {"most": 1})).one()._asdict() == {"n": 1, "twice": 2}
            assert (await conn.execute(BOTH, {"most": 0})).one_or_none() is None
            assert (await conn.scalars(BOTH, {"most": 2})).all() == [1, 2]
            assert await conn.scalar(BOTH, {"most": 2}) == 1
            with pytest.raises(NoResultFound):
                (await conn.execute(BOTH, {"most": 0})).one()

    run(pg, work)


def test_the_rows_that_were_touched_are_counted(pg: str) -> None:
    async def work(pool: AsyncEngine) -> None:
        async with pool.connect() as conn:
            await conn.execute(text("CREATE TEMP TABLE counted (n int)"))
            await conn.execute(text("INSERT INTO counted SELECT generate_series(1, 5)"))
            assert (await conn.execute(text("DELETE FROM counted WHERE n > :least"), {"least": 2})).rowcount == 3

    run(pg, work)


@given(words=st.lists(WORD, max_size=4), data=JSON)
def test_values_come_back_as_they_come_by_sqlalchemy(pg: str, words: list[str], data: dict[str, object]) -> None:
    slow = KINDS.bindparams(bindparam("data", type_=JSONB))

    async def work(pool: AsyncEngine) -> None:
        values = {"id": uuid4(), "words": words}
        async with pool.connect() as conn:
            direct = await conn.execute(KINDS, {**values, "data": psycopg.types.json.Jsonb(data)})
            other = await conn.execute(slow, {**values, "data": data})
            assert isinstance(direct, Result)
            assert not isinstance(other, Result)
            assert tuple(direct.one()) == tuple(other.one()) == (values["id"], words, data, 3)

    run(pg, work)


def test_a_transaction_begins_with_the_first_statement_and_ends_as_it_is_told(pg: str) -> None:
    made = text(
        "INSERT INTO idempotency_keys (caller, method, path, key, body_hash) VALUES (:key, 'GET', '', :key, '')"
    )
    count = text("SELECT count(*) FROM idempotency_keys WHERE key = :key")

    async def work(pool: AsyncEngine) -> None:
        for ending, left in (("commit", 1), ("rollback", 0), ("close", 0)):
            key = {"key": f"direct-{uuid4()}"}
            async with pool.connect() as conn:
                await conn.execute(made, key)
                assert conn.in_transaction()
                if ending != "close":
                    await getattr(conn, ending)()
            async with db.statement(pool) as conn:
                assert (await conn.execute(count, key)).scalar_one() == left
                assert not conn.in_transaction()

    run(pg, work)


def test_a_refusal_is_sqlalchemys_and_names_the_constraint(pg: str) -> None:
    """The connection is as good as before."""
    twice = text("INSERT INTO idempotency_keys (caller, method, path, key, body_hash) VALUES ('', '', '', :key, '')")

    async def work(pool: AsyncEngine) -> None:
        async with pool.connect() as conn:
            key = {"key": f"direct-{uuid4()}"}
            await conn.execute(twice, key)
            with pytest.raises(IntegrityError) as told:
                await conn.execute(twice, key)
            assert isinstance(told.value.orig, UniqueViolation)
            assert db.violated(told.value) == "pk_idempotency_keys"
            assert "parameters hidden" in str(told.value)
            await conn.rollback()
            assert (await conn.execute(BOTH, {"most": 1})).scalar_one() == 1

    run(pg, work)


def test_a_value_that_is_missing_is_an_error_of_sqlalchemys(pg: str) -> None:
    async def work(pool: AsyncEngine) -> None:
        async with pool.connect() as conn:
            with pytest.raises(DBAPIError, match="most"):
                await conn.execute(BOTH, {})

    run(pg, work)


def test_a_lost_connection_ends_all_that_are_as_old(pg: str) -> None:
    """Else a restart of the server would cost a refused call for each connection of the pool."""

    async def work(pool: AsyncEngine) -> None:
        async with pool.connect() as one, pool.connect() as two:
            before = {await one.scalar(BACKENDS), await two.scalar(BACKENDS)}
        with psycopg.connect(pg, autocommit=True) as other:
            for backend in before:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        async with pool.connect() as conn:
            with pytest.raises(OperationalError) as told:
                await conn.execute(BACKENDS)
            assert told.value.connection_invalidated
        async with pool.connect() as one, pool.connect() as two:
            assert not before & {await one.scalar(BACKENDS), await two.scalar(BACKENDS)}

    run(pg, work, size=2)


def test_a_connection_that_broke_unseen_is_replaced(pg: str) -> None:
    async def work(pool: AsyncEngine) -> None:
        async with pool.connect() as conn:
            (await conn.get_raw_connection()).driver_connection.pgconn.finish()  # type: ignore[union-attr]  # it is open
            with pytest.raises(OperationalError) as told:
                await conn.execute(BOTH, {"most": 1})
            assert told.value.connection_invalidated
            await conn.rollback()
            assert (await conn.execute(BOTH, {"most": 1})).scalar_one() == 1

    run(pg, work)


def test_a_call_that_is_given_up_leaves_no_half_read_connection(pg: str) -> None:
    async def work(pool: AsyncEngine) -> None:
        async with pool.connect() as conn:
            backend = await conn.scalar(BACKENDS)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await conn.execute(text("SELECT pg_sleep(4)"))
        async with pool.connect() as conn:
            assert await conn.scalar(BACKENDS) != backend
            assert (await conn.execute(BOTH, {"most": 1})).scalar_one() == 1

    run(pg, work)


def test_who_listens_to_statements_hears_of_these(pg: str) -> None:
    heard: list[tuple[str, object]] = []

    async def work(pool: AsyncEngine) -> None:
        for moment in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(pool.sync_engine, moment, lambda *call, moment=moment: heard.append((moment, call[3])))
        async with pool.connect() as conn:
            await conn.execute(BOTH, {"most": 1})

    run(pg, work)
    assert heard == [("before_cursor_execute", {"most": 1}), ("after_cursor_execute", {"most": 1})]


def test_an_engine_with_options_has_the_same_connections(pg: str) -> None:
    async def work(pool: AsyncEngine) -> None:
        async with pool.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
            assert isinstance(await conn.execute(BACKENDS), Result)
            assert not conn.in_transaction()

    run(pg, work)


def test_a_connection_that_was_given_back_is_refused(pg: str) -> None:
    async def work(pool: AsyncEngine) -> None:
        conn: AsyncConnection = await pool.connect()
        await conn.close()
        with pytest.raises(Exception, match="closed"):
            await conn.execute(BACKENDS)

    run(pg, work)
