"""Starts the stand-ins for Stripe: processes of their own, on ports of this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from stack.artifacts.cache import folder_of
from stack.artifacts.peers import LOCALSTRIPE, STRIPE_MOCK

START_S = 60.0
# Imported by that process alone, which sees nothing but its own packages and the standard library.
_SERVE = "import sys; from aiohttp import web; from localstripe.server import app; "
_SERVE += "web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None)"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def stripe_mock() -> Iterator[str]:
    """Address of Stripe's own check of requests."""
    http, https = free_port(), free_port()
    addresses = ["-http-addr", f"127.0.0.1:{http}", "-https-addr", f"127.0.0.1:{https}"]
    with _running([str(folder_of(STRIPE_MOCK) / STRIPE_MOCK.name), *addresses], http) as address:
        yield address


@contextmanager
def localstripe(home: Path) -> Iterator[str]:
    """Address of a Stripe that remembers, and sends webhooks."""
    port, room = free_port(), {"PYTHONPATH": str(folder_of(LOCALSTRIPE)), "TMPDIR": str(home), "HOME": str(home)}
    with _running([sys.executable, "-S", "-c", _SERVE, str(port)], port, room) as address:
        yield address


@contextmanager
def _running(command: Sequence[str], port: int, room: Mapping[str, str] | None = None) -> Iterator[str]:
    environment = {"PATH": os.environ["PATH"], **(room or {})}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(START_S)


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the stand-in did not start") from None
            time.sleep(0.05)
        else:
            return
