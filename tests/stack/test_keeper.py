"""A part that runs but no longer answers is started again without a person."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from stack import keeper
from stack.home import Home
from stack.keeper import Keeper
from stack.servers.valkey import Valkey
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
