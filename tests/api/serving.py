"""Serves the api in this process, on a real port of this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.main import SPOKEN, create_app
from api.settings import Settings

START_S = 30.0
STOP_S = 5


@contextmanager
def serving(**changed: object) -> Iterator[str]:
    """The address of an api with the environment's settings and some of them changed."""
    settings = Settings(**changed)  # type: ignore[arg-type]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            create_app(settings),
            timeout_graceful_shutdown=STOP_S,
            forwarded_allow_ips=settings.trusted_proxies,
            **SPOKEN,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            _wait(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(START_S)


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the api did not start")
        time.sleep(0.01)
