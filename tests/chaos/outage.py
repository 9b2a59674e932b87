"""Servers that are away for a while: killed as often as they are started again, or frozen."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.line import Line

EVERY_S = 0.1


def _pid(line: Line, server: str) -> int:
    state = json.loads((line.home / "state.json").read_text())
    process = state["parts"][server]["process"]
    return int(process["pid"]) if process else 0


@contextmanager
def killed(line: Line, server: str) -> Iterator[None]:
    """While the block runs, the server is killed whenever there is one."""
    over = threading.Event()

    def keep_killing() -> None:
        while not over.is_set():
            with suppress(ProcessLookupError, json.JSONDecodeError):
                if pid := _pid(line, server):
                    os.killpg(pid, signal.SIGKILL)
            over.wait(EVERY_S)

    thread = threading.Thread(target=keep_killing, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def frozen(line: Line, server: str) -> Iterator[None]:
    """While the block runs, the server holds its connections and answers nothing."""
    pid = _pid(line, server)
    os.killpg(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGCONT)
