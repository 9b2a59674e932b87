"""What happens to every call before its route: correlation, one log line, a bound on the body, safe headers."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from secrets import token_hex
from time import perf_counter
from uuid import uuid4

import structlog
from asgi_correlation_id import CorrelationIdMiddleware, correlation_id
from fastapi import FastAPI, HTTPException, Request
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import measuring, outbox
from api.problems import MEDIA_TYPE, document, encoded

BODY_LIMIT = 1024 * 1024
UPLOAD_LIMIT = 5 * BODY_LIMIT
UPLOADS = re.compile(r"/v1/products/[^/]+/images")
MULTIPART_ROOM = 64 * 1024
"""What a form adds around the file in it."""
LONGEST_CALL_S = 30.0
"""More than the longest wait for a connection and the longest statement together (R-NFR-8)."""
VERSION = "/v1"
CRASHED = 500
"""What a call is answered with that ends in an error nobody foresaw."""
IMPORTER_PREFIX = "import:"
SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)

TAKEN = ("Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "If-None-Match", "X-Request-ID",
         "X-Session-Id", "traceparent")  # fmt: skip
TOLD = ("ETag", "Idempotent-Replayed", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After",
        "X-Request-ID", "traceparent")  # fmt: skip
"""Headers that pages of other origins may send and read."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ASKED_EVERY_S = 3_600

log = structlog.get_logger()


def acceptable(request_id: str) -> bool:
    """Whether a caller's X-Request-ID is taken: short, visible, and not the mark of an importer."""
    return (
        0 < len(request_id) <= 64
        and request_id.isascii()
        and request_id.isprintable()
        and " " not in request_id
        and not request_id.startswith(IMPORTER_PREFIX)
    )


class Around:
    """Hands the correlation id to the outbox and the logs, bounds the body, writes one log line a call."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send)
        outbox.correlation_id.set(correlation_id.get() or "")
        try:
            await self._answer(exchange)
        finally:
            exchange.report()

    async def _answer(self, exchange: "Exchange") -> None:
        if exchange.declared > exchange.limit:
            await exchange.refuse_size()
        elif exchange.holds_nul:
            await exchange.refuse_nul()
        else:
            await self._bounded(exchange)

    async def _bounded(self, exchange: "Exchange") -> None:
        """A server that keeps its connections and answers nothing must not hold a caller for ever.

        A crash is answered here, so that the answer goes out through the others around the call: the framework does it
        beyond them all, where no origin and no request id is told, and hands the error on to a server that logs it.
        """
        try:
            async with asyncio.timeout(LONGEST_CALL_S) as limit:
                await self.app(exchange.scope, exchange.receive, exchange.send)
        except Exception as error:  # whatever it is, the caller is answered
            if limit.expired() and isinstance(error, TimeoutError):
                await exchange.refuse_late()
            elif not await exchange.crash(error):
                raise


class Exchange:
    """One call and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        length, traceparent = _read(scope["headers"])
        self.declared = int(length) if length.isdigit() else 0
        self._told = (*SAFE_HEADERS, (b"traceparent", traceparent or _new_trace()))
        upload = scope["method"] == "POST" and UPLOADS.fullmatch(scope["path"])
        self.limit = UPLOAD_LIMIT + MULTIPART_ROOM if upload else BODY_LIMIT
        self._read = 0
        self._began = perf_counter()
        self._status = 0

    async def receive(self) -> Message:
        """The next part of the body; HTTPException 413 beyond the limit."""
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self.limit:
            raise HTTPException(413)
        return message

    async def send(self, message: Message) -> None:
        """The next part of the answer."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = list(message.get("headers", ()))
            given = {name for name, _ in headers}
            message["headers"] = headers + [told for told in self._told if told[0] not in given]
        await self._send(message)

    @property
    def holds_nul(self) -> bool:
        """Whether the address has a NUL character, which no text of ours has and PostgreSQL does not take."""
        return "\0" in self.scope["path"] or b"%00" in self.scope["query_string"]

    async def refuse_size(self) -> None:
        """Answer 413."""
        most = UPLOAD_LIMIT if self.limit > UPLOAD_LIMIT else BODY_LIMIT
        detail = f"The body is larger than {most} bytes; send less."
        await self._refuse(413, document("payload-too-large", 413, detail, self.scope["path"], limit=most))

    async def refuse_nul(self) -> None:
        """Answer 422."""
        field = "path" if "\0" in self.scope["path"] else "query"
        errors = [{"field": field, "message": "must not contain control characters", "code": "value_error"}]
        detail = "The address holds a NUL character (%00); leave it out."
        await self._refuse(422, document("validation-failed", 422, detail, self.scope["path"], errors=errors))

    async def refuse_late(self) -> None:
        """Answer 503, unless an answer has begun."""
        if not self._status:
            detail = "A part that this call needs does not answer; try again."
            await self._refuse(503, document("unavailable", 503, detail, self.scope["path"]), (b"retry-after", b"5"))

    async def crash(self, error: Exception) -> bool:
        """Answer 500 as the application does; whether that could be done: an answer that has begun is cut off."""
        handler = self.scope["app"].exception_handlers.get(Exception)
        if self._status or handler is None:
            return False
        answer = await handler(Request(self.scope), error)
        await answer(self.scope, self.receive, self.send)
        return True

    async def _refuse(self, status: int, body: dict[str, object], *more: tuple[bytes, bytes]) -> None:
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close"), *more]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": encoded(body)})

    def report(self) -> None:
        """Count the call, and write one log line: route, status, milliseconds."""
        route, method, took = self._route, self.scope["method"], perf_counter() - self._began
        status = self._status or CRASHED
        measuring.count(route, method, status, took)
        log.info("call", method=method, route=route, status=status, ms=round(took * 1000, 1))

    @property
    def _route(self) -> str | None:
        """The route's address, parameters by name; a router within another one does not know its version."""
        path: str | None = getattr(self.scope.get("route"), "path", None)
        if path is None or path.startswith(VERSION) or not self.scope["path"].startswith(VERSION):
            return path
        return VERSION + path


def _read(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Content-Length and traceparent, the first of each; empty where there is none."""
    length = traceparent = b""
    for name, value in headers:
        if name == b"content-length":
            length = length or value
        elif name == b"traceparent":
            traceparent = traceparent or value
    return length, traceparent


def _new_trace() -> bytes:
    drawn = token_hex(24)
    return f"00-{drawn[:32]}-{drawn[32:]}-00".encode()


def install(app: FastAPI, origins: Sequence[str] = ()) -> None:
    """Add the middleware, the outermost last; what answers pages of other origins only where there are some."""
    app.add_middleware(Around)
    app.add_middleware(
        CorrelationIdMiddleware, header_name="X-Request-ID", generator=lambda: uuid4().hex, validator=acceptable
    )
    if origins:  # tokens go in a header: no cookie of ours is for other pages to send
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=TAKEN,
            expose_headers=TOLD,
            max_age=ASKED_EVERY_S,
        )
