"""The worker as a process of its own, for tests: started, asked over HTTP, killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2

from stack.home import CHECKOUT
from stack.settings import PORTS
from tests import ports

START_S = 90.0


class WorkerProcess:
    """`python -m streams.app` with its own port."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        base = ports.free()
        self._env = {**os.environ, **env, "ATLANTIC_PORT_BASE": str(base), "PYTHONPATH": str(CHECKOUT)}
        self._address = f"http://127.0.0.1:{base + PORTS['worker']}"
        self._log = log
        self.folder = log.with_name("started-in")
        self.folder.mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start and wait until the tables are restored; the seconds it took."""
        began = time.monotonic()
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "streams.app"]
            self._process = subprocess.Popen(command, env=self._env, cwd=self.folder, stderr=log)
        eventually(lambda: self.health().get("status") == "ok", within=START_S, log=self._log)
        return time.monotonic() - began

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as the supervisor does."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def health(self) -> dict[str, Any]:
        """The health page; empty while nothing answers."""
        try:
            answer: dict[str, Any] = httpx2.get(f"{self._address}/health", timeout=5, trust_env=False).json()
        except httpx2.HTTPError:
            return {}
        return answer

    def measured(self) -> dict[str, float]:
        """What its page of metrics says, by name."""
        page = httpx2.get(f"{self._address}/metrics", timeout=5, trust_env=False).text
        lines = (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in lines}

    def complete_to(self) -> int:
        """X of the cut; 0 while it is not known."""
        return int((self.health().get("complete_up_to") or {}).get("complete_to", 0))

    def ask(self, path: str) -> Any:
        """A page's JSON."""
        return httpx2.get(self._address + path, timeout=20, trust_env=False).json()

    def values(self, table: str) -> dict[str, Any]:
        """All values of a table by key."""
        return {row["key"]: row["value"] for row in self.ask(f"/tables/{table}?limit=1000000")["rows"]}

    @property
    def address(self) -> str:
        """Where it answers."""
        return self._address


def eventually(look: Callable[[], object], *, within: float = 45.0, log: Path | None = None) -> None:
    """Wait until `look` gives something true; the end of the log is shown when it does not."""
    deadline = time.monotonic() + within
    while not look():
        if time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-3_000:] if log else ""
            raise AssertionError(f"not within {within} s\n{said}")
        time.sleep(0.1)
