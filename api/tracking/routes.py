"""Clicks over HTTP (E-TRK-1)."""

import asyncio
from collections import Counter as Counts
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import Counter
from pydantic import BaseModel

from api.collector import Collector
from api.errors import (
    PayloadTooLarge,
    RateLimited,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from api.problems import problems
from api.rates import CLICKS, Limiter
from api.tracking import bodies, clicks, service
from api.tracking.clicks import Line
from api.tracking.vocabulary import PROPERTIES

JSON_TYPES = frozenset({"", "application/json", "application/x-ndjson", "application/jsonl", "text/plain"})

REFUSED = Counter("atlantic_clicks_rejected_total", "Clicks that were not taken, by reason", ["reason"])

router = APIRouter(prefix="/v1/tracking", tags=["tracking"])

_CLICK: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["click_id", "name", "session_id", "occurred_at"],
    "properties": {
        "click_id": {"type": "string", "format": "uuid", "description": "a click that comes again is dropped"},
        "name": {"type": "string", "enum": sorted(PROPERTIES)},
        "session_id": {"type": "string", "format": "uuid"},
        "occurred_at": {"type": "string", "format": "date-time"},
        "properties": {"type": "object", "description": "those of the name; others are left out"},
        "page": {"type": "string", "description": "address; its path is kept"},
        "referrer": {"type": "string", "description": "address; its host is kept"},
        "locale": {"type": "string", "examples": ["en-GB"]},
        "area": {"type": "string", "description": "province or country", "examples": ["GB"]},
        "consent": {"type": "boolean", "default": True, "description": "false: no account, a new session every day"},
    },
    "example": {
        "click_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "name": "Product Viewed",
        "session_id": "01890a5d-ac96-7aab-a4d2-9c1a2b3c4d5e",
        "occurred_at": "2026-11-21T08:00:00.000Z",
        "properties": {"product_id": "01890a5d-ac96-7aab-8000-9c1a2b3c4d5e", "price_minor": 255, "currency": "GBP"},
    },
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [_CLICK, {"type": "array", "items": _CLICK, "maxItems": bodies.MOST_CLICKS}]}
            },
            "application/x-ndjson": {"schema": {"type": "string", "description": "a click a line, at most 500"}},
        },
    }
}


class Refusal(BaseModel):
    """A click that was not taken."""

    index: int
    reason: str


class ClicksTaken(BaseModel):
    """How many clicks are safe, and which were not taken."""

    accepted: int
    rejected: list[Refusal]


@router.post(
    "/clicks",
    status_code=202,
    summary="Send clicks",
    openapi_extra=_BODY,
    responses=problems(PayloadTooLarge, UnsupportedMediaType, ValidationFailed, RateLimited, Unavailable),
)
async def send_clicks(request: Request) -> ClicksTaken:
    """One click, an array, or a click a line; plain or gzip; at most 500 and 1 MiB (E-TRK-1).

    A bad click is answered by its place and reason, the others are taken. What is answered as accepted is safe: it
    stands in the log, or on disk until the log is back.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise UnsupportedMediaType("Send clicks as application/json or application/x-ndjson.")
    encoding = request.headers.get("content-encoding", "").strip().lower()
    raws = bodies.clicks(bodies.unpacked(await request.body(), encoding))
    lines, rejected = clicks.judge(raws, service.visitor(request))
    await _within_limits(request, lines)
    collector: Collector = request.app.state.collector
    await collector.submit(lines)
    for refused in rejected:
        REFUSED.labels(refused.reason.partition(":")[0]).inc()
    refusals = [Refusal(index=refused.index, reason=refused.reason) for refused in rejected]
    return ClicksTaken(accepted=len(lines), rejected=refusals)


async def _within_limits(request: Request, lines: Sequence[Line]) -> None:
    limiter: Limiter = request.app.state.limiter
    if limiter.on:
        sessions = Counts(line.session_id for line in lines)
        await asyncio.gather(*(limiter.check("clicks", CLICKS, str(s), cost) for s, cost in sessions.items()))
