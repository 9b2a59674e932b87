"""A part that runs but no longer answers is started again without a person."""

import asyncio
import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from stack import keeper, state, supervisor
from stack.home import Home
from stack.keeper import Keeper
from stack.part import NotReadyError
from stack.servers.postgres import Postgres
from stack.servers.valkey import Valkey
from stack.supervisor import Supervisor
from tests.line import free_port_base


async def test_a_frozen_part_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-NFR-7: no process needs a manual repair, one that hangs neither."""
    monkeypatch.setattr(keeper, "WATCH_SECONDS", 0.2)
    monkeypatch.setattr(keeper, "STUCK_SECONDS", 0.5)
    monkeypatch.setattr(Valkey, "stop_seconds", 0.5)
    kept = Keeper(Valkey(Home(tmp_path / "home", free_port_base())), lambda: None)
    await kept.start()
    try:
        assert kept.state.process is not None
        frozen = kept.state.process.pid
        os.kill(frozen, signal.SIGSTOP)
        async with asyncio.timeout(30):
            while kept.state.restarts == 0 or kept.state.state != "healthy":  # noqa: ASYNC110 - plain data
                await asyncio.sleep(0.1)
        assert kept.state.process.pid != frozen
    finally:
        await kept.stop()


async def test_a_wholly_frozen_postgres_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-NFR-7: its processes lead sessions of their own; frozen, they would hold the data of the next one."""
    monkeypatch.setattr(keeper, "WATCH_SECONDS", 0.2)
    monkeypatch.setattr(keeper, "STUCK_SECONDS", 0.5)
    monkeypatch.setattr(Postgres, "stop_seconds", 0.5)
    kept = Keeper(Postgres(Home(tmp_path / "home", free_port_base())), lambda: None)
    await kept.start()
    try:
        assert kept.state.process is not None
        frozen = psutil.Process(kept.state.process.pid)
        family = frozen.children(recursive=True)
        assert len(family) > 3
        for process in (frozen, *family):
            process.suspend()
        await _until(lambda: kept.state.restarts > 0 and kept.state.state == "healthy")
        assert not any(_lives(process) for process in family)
    finally:
        await kept.stop()


async def test_what_waits_for_another_part_is_not_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that answers but is not ready, because PostgreSQL is away say, is named and left running."""
    monkeypatch.setattr(keeper, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(keeper, "STUCK_SECONDS", 0.3)
    kept = Keeper(Waiting(Home(tmp_path / "home", free_port_base())), lambda: None)
    await kept.start()
    try:
        with monkeypatch.context() as away:
            away.setattr(Valkey, "ready", Waiting.lacks_something)
            await _until(lambda: kept.state.state == "unhealthy")
            await asyncio.sleep(1)
            assert (kept.state.state, kept.state.restarts) == ("unhealthy", 0)
        await _until(lambda: kept.state.state == "healthy")
        assert kept.state.restarts == 0
    finally:
        await kept.stop()


class Waiting(Valkey):
    """A part that answers while what it needs is away."""

    answers = Valkey.ready

    async def alive(self) -> None:
        """Whether the server itself answers."""
        await self.answers()

    async def lacks_something(self) -> None:
        """What it says while another part is away."""
        raise NotReadyError("the database is away")


async def test_a_full_disk_stops_no_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-NFR-7: the state that could not be written is written when there is room again; meanwhile parts are kept."""
    monkeypatch.setattr(supervisor, "SAVE_AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(keeper, "FIRST_DELAY", 0.1)
    home = Home(tmp_path / "home", free_port_base())
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
    async with asyncio.timeout(30):
        while not look():  # noqa: ASYNC110 - plain data
            await asyncio.sleep(0.05)
