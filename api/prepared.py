"""Statements that stay prepared: after a rollback, and whatever the size of the numbers in them.

psycopg forgets what a connection has prepared at every ROLLBACK, since the tables in it might have been made in that
transaction; ours make none. And it sends a number as the smallest type that holds it, by which a statement of some
amounts was many statements, each of them parsed and planned anew until it came for the third time. In long statements
it looks for the placeholders at each call, as if each were a new one; checkout is long. And it escapes the texts of an
array by an expression, quote by quote, of which JSON is full.
"""

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from psycopg import AsyncConnection, _queries
from psycopg._preparing import PrepareManager
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, PyFormat
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName
from psycopg.types.array import ListDumper
from psycopg.types.numeric import IntBinaryDumper, IntDumper
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

THRESHOLD = 2
"""A statement is prepared when it comes for the third time."""
WIDEST = 2**63
LONGEST, MOST_VALUES = 16_384, 128
"""Characters and values of a statement whose placeholders are remembered."""
OUTDATED = (FeatureNotSupported, InvalidSqlStatementName)
"""What a connection answers whose prepared statements do not fit to the tables any more."""


class _Wide(IntDumper):
    """A number as bigint; as numeric when it is larger than that."""

    def upgrade(self, obj: int, format: PyFormat) -> Dumper:
        return self._int8_dumper if -WIDEST <= obj < WIDEST else self._int_numeric_dumper


class _WideBinary(_Wide, IntBinaryDumper):
    """The same, as PostgreSQL holds it."""


class _Escaping:
    """What the driver asks `re.Pattern.sub` for, by what does it at a tenth of the cost."""

    @staticmethod
    def sub(_template: bytes, item: Buffer) -> bytes:
        """An item of an array with its backslashes and quotes escaped."""
        return bytes(item).replace(b"\\", b"\\\\").replace(b'"', b'\\"')


class _List(ListDumper):
    _re_esc = cast(re.Pattern[bytes], _Escaping())  # of a pattern the driver calls `sub` alone


async def renewed(read: Callable[[], Awaitable[T]]) -> T:
    """What is read outside the edge's routes: once more when the tables were changed, then by a new connection."""
    try:
        return await read()
    except DBAPIError as error:
        if not isinstance(error.orig, OUTDATED):
            raise
        return await read()


class Lasting(PrepareManager):
    """Knows what a connection has prepared until it is closed."""

    prepare_threshold = THRESHOLD

    def clear(self) -> bool:
        """Called for each ROLLBACK: nothing is forgotten."""
        return False


def install(pool: AsyncEngine) -> None:
    """Have all connections of a pool keep their statements, and end those whose statements are outdated."""
    # There is no setting for either. The driver remembers the last 128 statements, long or not.
    _queries.MAX_CACHED_STATEMENT_LENGTH, _queries.MAX_CACHED_STATEMENT_PARAMS = LONGEST, MOST_VALUES
    event.listen(pool.sync_engine, "connect", _keep)
    event.listen(pool.sync_engine, "handle_error", _renew)


def _keep(connection: DBAPIConnection, _record: object) -> None:
    driver: AsyncConnection = connection.driver_connection
    driver._prepared = Lasting()  # there is no setting for it
    driver.adapters.register_dumper(int, _Wide)
    driver.adapters.register_dumper(int, _WideBinary)
    driver.adapters.register_dumper(list, _List)


def _renew(failed: ExceptionContext) -> None:
    """The tables were changed under a running process: the call fails, and the next one has a new connection."""
    if isinstance(failed.original_exception, OUTDATED):
        failed.is_disconnect = True
