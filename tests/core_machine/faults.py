"""Ends or breaks a step at a chosen boundary: around a statement, a commit or a call to the gateway."""

from dataclasses import dataclass
from typing import Any, NoReturn

from psycopg import OperationalError
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection

from tests.api.base.listening import IN_ITS_PLACE

CALLS = frozenset({"authorize", "capture", "void", "refund", "pay_out", "query"})


class Crash(BaseException):
    """The process ends here: nothing catches it, and nothing of the process gets through to a server any more."""


@dataclass(frozen=True)
class Fault:
    """What happens at which boundary of a step, and whether the step is repeated afterwards, and how much later."""

    at: int
    crash: bool
    repeated: bool
    later: bool = False


class Faults:
    """Counts boundaries, and strikes at the planned one, once; a process that has ended stays so until `lift`."""

    def __init__(self) -> None:
        self._plan: Fault | None = None
        self._passed = 0
        self._dead = False
        self.struck = False

    def plan(self, fault: Fault | None) -> None:
        """Have a fault strike in what comes."""
        self._plan, self._passed, self._dead, self.struck = fault, 0, False, False

    def lift(self) -> bool:
        """A new process, without a fault; whether the last one met its own."""
        struck = self.struck
        self.plan(None)
        return struck

    def strikes(self) -> bool:
        """One boundary more: whether what is there breaks; Crash when the process ends here, or has ended."""
        if self._dead:
            raise Crash
        if self._plan is None or self.struck:
            return False
        self._passed += 1
        if self._passed < self._plan.at:
            return False
        self.struck, self._dead = True, self._plan.crash
        if self._dead:
            raise Crash
        return True

    def watch(self, engine: AsyncEngine) -> None:
        """Make boundaries of an engine's statements and commits."""
        event.listen(engine.sync_engine, "before_cursor_execute", self._before)
        event.listen(engine.sync_engine, "after_cursor_execute", self._after)
        dialect: Any = engine.sync_engine.dialect
        commit = dialect.do_commit

        def around(connection: PoolProxiedConnection) -> None:
            if self.strikes():
                _cut(connection)
            commit(connection)
            if self.strikes():
                _lose_answer(connection)

        dialect.do_commit = around

    def _before(self, connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(IN_ITS_PLACE) and self.strikes():
            _cut(connection.connection)

    def _after(self, connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        """A statement that is a transaction by itself has taken effect by now, as a commit has.

        What stands in Redis' place is asked for several calls together, and is a step of none.
        """
        driver: Any = connection.connection.driver_connection
        if not statement.startswith(IN_ITS_PLACE) and driver.autocommit and self.strikes():
            _lose_answer(connection.connection)


def _cut(connection: PoolProxiedConnection) -> None:
    """Lose the connection for good, as a network loses it: what is sent next fails, the server ends what was open."""
    driver: Any = connection.driver_connection
    driver.pgconn.finish()


def _lose_answer(connection: PoolProxiedConnection) -> NoReturn:
    _cut(connection)
    raise OperationalError("the connection was lost before the answer came")


class Network:
    """A gateway whose way may break before a call takes effect, and after."""

    def __init__(self, inner: Any, faults: Faults) -> None:
        self.inner = inner
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name not in CALLS:
            return found

        async def around(*args: object, **named: object) -> object:
            if self._faults.strikes():
                raise ConnectionError("the gateway was not reached")
            reply = await found(*args, **named)
            if self._faults.strikes():
                raise ConnectionError("the answer was lost")
            return reply

        return around
