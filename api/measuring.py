"""What the api counts of its calls for Prometheus: how many by route, method and status, and how long they took."""

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.routing import Route

PATH = "/metrics"
UNCOUNTED = (PATH, "/health/live", "/health/ready")
UNKNOWN = "none"
"""The route of a call that has none: addresses as they were written would each be a series of their own."""

_CALLS = Counter("http_requests", "calls by route, method and class of status", ["handler", "method", "status"])
_SECONDS = Histogram(
    "http_request_duration_seconds", "how long calls took", ["handler", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip


def count(route: str | None, method: str, status: int, seconds: float) -> None:
    """Count a call that was answered."""
    if route not in UNCOUNTED:
        handler = route or UNKNOWN
        _CALLS.labels(handler, method, f"{status // 100}xx").inc()
        _SECONDS.labels(handler, method).observe(seconds)


async def _read(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def install(app: FastAPI) -> None:
    """Answer to Prometheus."""
    app.router.routes.append(Route(PATH, _read, include_in_schema=False))
