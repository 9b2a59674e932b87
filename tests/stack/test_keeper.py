"""A part that runs but no longer answers is started again without a person."""

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from stack import keeper, state, supervisor
from stack.home import Home
from stack.keeper import Keeper
from stack.part import NotReadyError, Part
from stack.servers.postgres import Postgres
from stack.servers.valkey import Valkey
from stack.supervisor import Supervisor
from tests import ports
from tests.line import eventually


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks often, and takes a part for stuck after half a second."""
    monkeypatch.setattr(keeper, "WATCH_SECONDS", 0.2)
    monkeypatch.setattr(keeper, "STUCK_SECONDS", 0.5)


@asynccontextmanager
async def kept(part: Part) -> AsyncIterator[Keeper]:
    """A keeper of a started part, stopped after the block."""
    found = Keeper(part, lambda: None)
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


@pytest.mark.parametrize("server", [Valkey, Postgres])
async def test_what_froze_wholly_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, impatient: None, server: type[Part]
) -> None:
    """R-NFR-7: PostgreSQL's processes lead sessions of their own; frozen, they would hold the data of the next one."""
    monkeypatch.setattr(server, "stop_seconds", 0.5)
    async with kept(server(Home(tmp_path / "home", ports.free()))) as keeping:
        assert keeping.state.process is not None
        leader = psutil.Process(keeping.state.process.pid)
        frozen = [leader, *leader.children(recursive=True)]
        assert server is Valkey or len(frozen) > 4
        for process in frozen:
            process.suspend()
        await _until(lambda: keeping.state.restarts > 0 and keeping.state.state == "healthy")
        assert not any(_lives(process) for process in frozen)


async def test_what_waits_for_another_part_is_not_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    """A process that answers but is not ready, because PostgreSQL is away say, is named and left running."""
    async with kept(Waiting(Home(tmp_path / "home", ports.free()))) as keeping:
        with monkeypatch.context() as away:
            away.setattr(Valkey, "ready", Waiting.lacks_something)
            await _until(lambda: keeping.state.state == "unhealthy")
            await asyncio.sleep(3 * keeper.STUCK_SECONDS)
            assert (keeping.state.state, keeping.state.restarts) == ("unhealthy", 0)
        await _until(lambda: keeping.state.state == "healthy")
        assert keeping.state.restarts == 0


class Waiting(Valkey):
    """A part that answers while what it needs is away."""

    answers = Valkey.ready

    async def alive(self) -> None:
        """Whether the server itself answers."""
        await self.answers()

    async def lacks_something(self) -> None:
        """What it says while another part is away."""
        raise NotReadyError("the database is away")


async def test_a_question_that_swallows_its_cancellation_does_not_keep_a_part_from_stopping(
    tmp_path: Path, impatient: None
) -> None:
    """R-NFR-7: the whole instance would wait for it for ever."""
    part = Deaf(Home(tmp_path / "home", ports.free()))
    async with kept(part) as keeping:
        await _until(lambda: part.asked > 2)
        await asyncio.wait_for(keeping.stop(), 20)
        assert keeping.state.state == "stopped"


class Deaf(Valkey):
    """A part of which one question, after the two at its start, ends well when it is cancelled."""

    asked = 0

    async def ready(self) -> None:
        """Whether it answers."""
        await super().ready()
        self.asked += 1
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60 if self.asked == 3 else 0)


async def test_a_full_disk_stops_no_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-NFR-7: the state that could not be written is written when there is room again; meanwhile parts are kept."""
    monkeypatch.setattr(supervisor, "SAVE_AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(keeper, "FIRST_DELAY", 0.1)
    home = Home(tmp_path / "home", ports.free())
    watched = Supervisor(home, ["valkey"], migrate=False)
    running = asyncio.create_task(watched.run())
    try:
        await _until(lambda: watched.state.phase == "running")
        valkey = watched.state.parts["valkey"]
        with monkeypatch.context() as full:
            full.setattr(state, "private_file", _no_room)
            assert valkey.process is not None
            os.kill(valkey.process.pid, signal.SIGKILL)
            await _until(lambda: valkey.restarts == 1 and valkey.state == "healthy")
        await _until(lambda: (kept := state.load(home)) is not None and kept.parts["valkey"].restarts == 1)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == 0


def _no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def _until(look: Callable[[], bool]) -> None:
    await asyncio.to_thread(eventually, look, every=0.05)
