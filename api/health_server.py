"""A tiny loopback server for processes without HTTP of their own: `/health` and Prometheus `/metrics`."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Health = Callable[[], Mapping[str, object]]


def _alive() -> Mapping[str, object]:
    return {"status": "ok"}


@contextmanager
def serving(port: int, health: Health = _alive) -> Iterator[int]:
    """Answer on 127.0.0.1:`port` (0 takes a free one; the block gets the number) until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        """Answers GET /health with JSON and GET /metrics in Prometheus' text format."""

        def do_GET(self) -> None:
            """One request."""
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
            elif self.path.startswith("/health"):
                self._answer(200, "application/json", json.dumps(health()).encode())
            else:
                self._answer(404, "text/plain", b"only /health and /metrics live here\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes are not worth a log line."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
