"""Our processes for a test that kills them: started as the supervisor starts them, on ports of the test's own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx2

from stack.home import CHECKOUT
from stack.settings import PORTS
from tests import ports

START_S = 180.0
HEALTH = {"api": "/health/ready", "relay": "/health", "reactor": "/health"}
# A gateway that never heard of a charge is given up on after seconds instead of half a minute.
IMPATIENT = {"ATLANTIC_GATEWAY_CALL_S": "4", "ATLANTIC_GATEWAY_REPEAT_S": "0.1", "ATLANTIC_PLATFORM_CURRENCY": "GBP"}


class Fleet:
    """Processes by name, at most one of each. They inherit the environment of the test's databases and topics."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self._base = ports.free()
        self._log = (folder / "processes.log").open("ab")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._env = {
            **os.environ, **env, **IMPATIENT, "ATLANTIC_HOME": str(folder), "ATLANTIC_API_URL": self.api,
            "ATLANTIC_PORT_BASE": str(self._base), "ATLANTIC_RATE_LIMITS": "off", "PYTHONPATH": str(CHECKOUT),
        }  # fmt: skip

    @property
    def api(self) -> str:
        """Address of the api, whether it runs or not."""
        return f"http://127.0.0.1:{self._base}"

    @property
    def log(self) -> str:
        """What the processes have said."""
        return Path(self._log.name).read_text(errors="replace")

    def start(self, name: str, *doom: str) -> None:
        """Start a process and wait until it is healthy; with a doom, see `dying`, it dies there by itself."""
        command = ["tests.promises.dying", name, *doom] if doom else ["stack.run", name]
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=CHECKOUT, env=self._env, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=self._log,
        )  # fmt: skip
        deadline = time.monotonic() + START_S
        while not self._healthy(name):
            assert self._processes[name].poll() is None, f"{name} ended: {self.log[-2000:]}"
            assert time.monotonic() < deadline, f"{name} is not healthy: {self.log[-2000:]}"
            time.sleep(0.05)

    def _healthy(self, name: str) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self._base + PORTS[name]}{HEALTH[name]}", timeout=5).is_success
        except httpx2.TransportError:
            return False

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        self._processes[name].kill()
        self._processes[name].wait()

    def dies(self, name: str, within: float = START_S) -> None:
        """Wait until a doomed process has died, and see that it was by its doom."""
        assert self._processes[name].wait(within) == -signal.SIGKILL, f"{name}: {self.log[-2000:]}"

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._log.close()
