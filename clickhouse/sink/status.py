"""What the sink says about itself over HTTP: /health for the supervisor, /metrics for Prometheus."""

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

HOST = "127.0.0.1"
STUCK_SECONDS = 120.0
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Status:
    """Counters and the state that /health tells."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.rows = Counter("sink_rows", "Rows inserted into landing tables", ["table"], registry=self.registry)
        self.flushes = Histogram("sink_flush_seconds", "One cut", buckets=SECONDS, registry=self.registry)
        self.letters = Counter("sink_dead_letters", "Lines that could not be landed", registry=self.registry)
        self.repeats = Gauge("sink_repeats_dropped", "Events that stood in the log twice", registry=self.registry)
        self.gaps = Counter("sink_gaps", "Offsets that Faust skipped and the sink read again", registry=self.registry)
        self.waiting = Gauge("sink_waiting_messages", "Messages read and not landed", registry=self.registry)
        self.changelog_failures = Counter(
            "sink_changelog_failures", "Times that following the stream tables broke off", registry=self.registry
        )
        age = Gauge("sink_changelogs_age_seconds", "Since the stream tables were up to date", registry=self.registry)
        age.set_function(self._changelogs_age)
        self.state = "starting"
        self._moved = self._followed = time.monotonic()

    def moved(self, state: str) -> None:
        """The sink got on: a cut has landed, partitions were taken over, or there was nothing to do."""
        self.state, self._moved = state, time.monotonic()

    def busy(self) -> None:
        """There is something to land: from now on standing still is told."""
        if self.state == "idle":
            self.moved("landing")

    def followed(self) -> None:
        """The stream tables in ClickHouse are up to date with their changelogs."""
        self._followed = time.monotonic()

    def _changelogs_age(self) -> float:
        return time.monotonic() - self._followed

    def health(self) -> tuple[int, dict[str, object]]:
        """200 while it lands or has nothing to land; 503 while it starts, or when a cut takes over two minutes."""
        still = time.monotonic() - self._moved
        well = self.state == "idle" or (self.state == "landing" and still < STUCK_SECONDS)
        said = {"seconds_since_progress": round(still, 1), "changelogs_age_seconds": round(self._changelogs_age(), 1)}
        return (200 if well else 503), {"state": self.state, **said}

    def serve(self, port: int) -> ThreadingHTTPServer:
        """Answer on loopback in a thread of its own."""
        status = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/metrics":
                    self._send(200, generate_latest(status.registry), CONTENT_TYPE_LATEST)
                elif self.path == "/health":
                    code, told = status.health()
                    self._send(code, json.dumps(told).encode(), "application/json")
                else:
                    self._send(404, b"", "text/plain")

            def _send(self, code: int, body: bytes, kind: str) -> None:
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):  # who asked has gone
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Health checks are no news."""

        server = ThreadingHTTPServer((HOST, port), Answer)
        threading.Thread(target=server.serve_forever, daemon=True, name="status").start()
        return server
