"""An instance that the core's benchmarks measure: durable servers, and the api, relay and reactor as processes."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stack.environment import for_process
from stack.home import CHECKOUT, Home
from stack.installation import install_everything
from stack.ports import free_base
from stack.settings import PORTS_PER_INSTANCE
from stack.state import load

PARTS = ("servers", "api", "relay", "reactor")
FIRST_PORT, LAST_PORT = 29_000, 31_000
START_S = 240.0
MOST_LINES = 20


@dataclass(frozen=True)
class Instance:
    """A running instance with files that are written to disk for good, as a shop's are."""

    home: Home

    @cached_property
    def environment(self) -> dict[str, str]:
        """Everything that a process of it is told."""
        return for_process(self.home)

    @property
    def dsn(self) -> str:
        """Connection string of its database."""
        return self.environment["ATLANTIC_POSTGRES_DSN"]

    @property
    def port(self) -> int:
        """Where its api answers on the loopback address."""
        return self.home.port("api")

    def pids(self) -> Mapping[str, int]:
        """Process id of each part."""
        state = load(self.home)
        return {name: part.process.pid for name, part in state.parts.items() if part.process} if state else {}


@contextmanager
def running(parts: Sequence[str] = PARTS) -> Iterator[Instance]:
    """An instance of this run alone; or, untouched by us, the one that runs in the folder ATLANTIC_BENCH_HOME."""
    if folder := os.environ.get("ATLANTIC_BENCH_HOME"):
        state = load(Home(Path(folder)))
        assert state, f"ATLANTIC_BENCH_HOME={folder}: nothing runs there"
        yield Instance(Home(Path(folder), state.port_base))
        return
    install_everything(None)
    with tempfile.TemporaryDirectory(prefix="atlantic-bench-", ignore_cleanup_errors=True) as folder:
        home = Home(Path(folder), free_base(PORTS_PER_INSTANCE, FIRST_PORT, LAST_PORT))
        with _supervised(home, parts):
            try:
                yield Instance(home)
            except Exception:  # told on; its logs go with the folder, whatever it is
                _last_words(home, parts)
                raise


@contextmanager
def _supervised(home: Home, parts: Sequence[str]) -> Iterator[None]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ATLANTIC_")}
    where = {"ATLANTIC_HOME": str(home.root), "ATLANTIC_PORT_BASE": str(home.port_base), "PYTHONPATH": str(CHECKOUT)}
    log = home.log("supervisor").open("ab")
    with log, subprocess.Popen(
        [sys.executable, "-m", "stack.supervisor", *parts],
        env={**clean, **where, "ATLANTIC_PLATFORM_CURRENCY": "GBP"},
        cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            _wait(home, process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)


def _last_words(home: Home, parts: Sequence[str]) -> None:
    for name in parts:
        log = home.log(name)
        if log.exists():
            said = [line for line in log.read_text(errors="replace").splitlines() if '"message": "call"' not in line]
            print(f"{name}:", *said[-MOST_LINES:], sep="\n  ", file=sys.stderr)


def _wait(home: Home, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while (state := load(home)) is None or state.phase != "running":
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the instance did not start: {state.reason if state else 'no state'}")
        time.sleep(0.05)
