"""Plain statements past what SQLAlchemy prepares for any other: a `text()` of untyped values goes to psycopg as it is.

For each call SQLAlchemy builds an execution context, the parameters and the columns of the result anew, which took
twice the CPU of the call itself. Transactions, the pool, errors, events and every other statement stay SQLAlchemy's.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NoReturn, cast
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection as Driver
from psycopg import AsyncCursor
from psycopg.pq import ExecStatus
from sqlalchemy import CursorResult, Executable, TextClause, make_url, text
from sqlalchemy.engine import Connection as Inner
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.sqltypes import NullType

MOST_STATEMENTS, MOST_SHAPES = 2048, 1024
_DIALECT = make_url("postgresql+psycopg://").get_dialect()()
_known: WeakKeyDictionary[TextClause, str | None] = WeakKeyDictionary()


class Result(IteratorResult[Any]):
    """The rows of a statement, and how many it touched."""

    def __init__(self, names: Sequence[bytes], rows: Iterable[Any], rowcount: int) -> None:
        super().__init__(_columns(tuple(names)), iter(rows))
        self.rowcount = rowcount


class Connection(AsyncConnection):
    """A connection that hands plain statements to the driver."""

    async def execute(self, statement: Executable, parameters: Any = None, **options: Any) -> CursorResult[Any]:
        """As SQLAlchemy's, and raises what that raises; a Result for a plain statement."""
        inner = self.sync_connection
        sql = None if options or isinstance(parameters, list) else _plain(statement)
        if sql is None or inner is None or inner.closed or inner.invalidated:
            return await super().execute(statement, parameters, **options)
        driver = cast(Driver, inner.connection.driver_connection)
        _begin(inner, driver, sql, parameters)
        try:
            cursor = driver.cursor()
            found = await _sent(cursor, sql, parameters or {})
            if inner._has_events or inner.engine._has_events:
                inner.dispatch.after_cursor_execute(inner, cursor, sql, parameters, None, False)
        except BaseException as error:  # of a cancelled call SQLAlchemy has to know as well
            await self.run_sync(_failed, error, sql, parameters)
        return cast(CursorResult[Any], found)  # of which it has what is asked of it


class Engine(AsyncEngine):
    """An engine of such connections."""

    _connection_cls = Connection

    def execution_options(self, **options: Any) -> "Engine":
        """The engine with options, over the same pool."""
        return Engine(self.sync_engine.execution_options(**options))


def _begin(inner: Inner, driver: Driver, sql: str, parameters: Any) -> None:
    if not driver.autocommit and not inner.in_transaction():
        inner.begin()
    if inner._has_events or inner.engine._has_events:
        inner.dispatch.before_cursor_execute(inner, None, sql, parameters or {}, None, False)


async def _sent(cursor: AsyncCursor[Any], sql: str, parameters: Any) -> Result:
    await cursor.execute(sql, parameters)
    result = cursor.pgresult
    if result is None or result.status != ExecStatus.TUPLES_OK:
        return Result((), (), cursor.rowcount)
    return Result([result.fname(at) or b"" for at in range(result.nfields)], await cursor.fetchall(), cursor.rowcount)


def _failed(inner: Inner, error: BaseException, sql: str, parameters: Any) -> NoReturn:
    """What SQLAlchemy makes of an error: its own exception, and the end of a connection that is lost."""
    ours = isinstance(error, inner.dialect.loaded_dbapi.Error)
    try:
        raise error  # it looks for the one that is being handled, and there is none in this greenlet
    except BaseException:  # the one of the line above
        inner._handle_dbapi_exception(error, sql if ours else None, parameters, None, None)


def _plain(statement: Executable) -> str | None:
    """What the driver is to be sent; None when SQLAlchemy has more to do."""
    if type(statement) is not TextClause:
        return None
    if statement not in _known:
        _known[statement] = _compiled(statement.text) if _is_plain(statement) else None
    return _known[statement]


def _is_plain(statement: TextClause) -> bool:
    binds = statement._bindparams.values()
    untyped = all(type(bind.type) is NullType and bind.required and not bind.expanding for bind in binds)
    return untyped and not statement.get_execution_options()


@lru_cache(maxsize=MOST_STATEMENTS)
def _compiled(words: str) -> str:
    return str(text(words).compile(dialect=_DIALECT))


@lru_cache(maxsize=MOST_SHAPES)
def _columns(names: tuple[bytes, ...]) -> SimpleResultMetaData:
    return SimpleResultMetaData([name.decode() for name in names])
