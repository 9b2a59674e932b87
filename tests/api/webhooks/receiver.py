"""A seller's own system: takes calls over HTTP, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class System:
    """What a seller's system was told, and what it answers; `down` hangs up."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answer = 200
        self.url = ""

    def told(self, event: str) -> list[dict[str, Any]]:
        """The bodies of one event, in the order they came."""
        bodies = [json.loads(body) for _, body in self.calls]
        return [body for body in bodies if body["type"] == event]


@contextmanager
def receiving() -> Iterator[System]:
    """A system on a port of this machine."""
    system = System()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            system.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(system.answer)
            self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        system.url = f"http://127.0.0.1:{server.server_port}/atlantic"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield system
        finally:
            server.shutdown()
            thread.join()
