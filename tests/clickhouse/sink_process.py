"""The sink as a process of its own, started and killed by tests and benchmarks."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.error import URLError
from urllib.request import urlopen

from stack.home import CHECKOUT

T = TypeVar("T")

START_SECONDS = 90.0


def eventually(look: Callable[[], T], within: float) -> T:
    """What `look` gives once it is true; its last answer is shown when the time is over."""
    deadline = time.monotonic() + within
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; last answer: {answer!r}")
        time.sleep(0.05)
    return answer


class Sink:
    """One sink with the environment of this process."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.folder = log.with_name(f"{log.stem}-started-in")
        self.folder.mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: bool = True) -> None:
        """Start it; with `ready`, wait until it has taken over its partitions."""
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "clickhouse.sink.app"]
            env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
            self._process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=log, stderr=log)
        if ready:
            eventually(self.healthy, START_SECONDS)

    def healthy(self) -> bool:
        """Whether /health says so."""
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()[-3000:]
        port = int(os.environ["ATLANTIC_PORT_BASE"]) + 12
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
                return bool(json.load(answer)["state"])
        except (URLError, OSError):
            return False

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it and wait until it is gone."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text()


@contextmanager
def sink(log: Path) -> Iterator[Sink]:
    """A sink that is ready, and gone after the block."""
    process = Sink(log)
    try:
        process.start()
        yield process
    finally:
        process.kill()
