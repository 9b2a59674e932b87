"""Ends or breaks a step at a chosen boundary: before a statement, around a commit, around a call to the gateway."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

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

    def boundary(self, error: Exception) -> None:
        """One more; Crash, or the error."""
        if self._dead:
            raise Crash
        if self._plan is None or self.struck:
            return
        self._passed += 1
        if self._passed == self._plan.at:
            self.struck, self._dead = True, self._plan.crash
            raise Crash if self._dead else error

    def watch(self, engine: AsyncEngine) -> None:
        """Make boundaries of an engine's statements and commits."""
        event.listen(engine.sync_engine, "before_cursor_execute", self._statement)
        dialect: Any = engine.sync_engine.dialect
        commit = dialect.do_commit

        def around(connection: object) -> None:
            self.boundary(broken())
            commit(connection)
            self.boundary(broken())

        dialect.do_commit = around

    def _statement(self, *_: object) -> None:
        self.boundary(broken())


def broken() -> OperationalError:
    """What a lost connection looks like."""
    return OperationalError("statement", {}, OSError("the connection was lost"))


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
            self._faults.boundary(ConnectionError("the gateway was not reached"))
            reply = await found(*args, **named)
            self._faults.boundary(ConnectionError("the answer was lost"))
            return reply

        return around
