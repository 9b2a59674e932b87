"""Open reads, answered before the framework is asked, for callers who show no token.

What anybody may read is the same for everybody, takes no body and writes nothing, so of all that the framework does for
a call it needs the limit alone. A domain's `Front` says which calls it answers; all others go the usual way.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from fastapi import Request
from starlette.routing import BaseRoute
from starlette.types import Scope, Send

from api import rates
from api.prepared import renewed


class Found(NamedTuple):
    """The route that a call means, and how to read its answer: JSON with 200, or a Problem."""

    route: BaseRoute
    read: Callable[[], Awaitable[bytes]]


Front = Callable[[Scope], Found | None]


def is_open(scope: Scope) -> bool:
    """Whether a call reads, and as nobody in particular."""
    return scope["method"] == "GET" and not any(name == b"authorization" for name, _ in scope["headers"])


async def answer(found: Found, scope: Scope, send: Send) -> None:
    """Count the call, read, and send; RateLimited and what the reading refuses."""
    scope["route"] = found.route
    await rates.any_call(Request(scope))
    body = await renewed(found.read)
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
