"""Calls the api in this process, without a server: a few milliseconds a call."""

from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI, Request, Response
from starlette.types import Message

LONG_WORD = 36  # an id


class Answer(NamedTuple):
    """Status and body; 0 when the process ended before it answered."""

    status: int
    body: Any = None


class Call(NamedTuple):
    """One call as a client makes it, and may make it again."""

    method: str
    path: str
    token: str | None = None
    body: Any = None
    key: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Method and path without ids."""
        return self.method + " " + "/".join(word for word in self.path.split("/") if len(word) < LONG_WORD)

    @property
    def content(self) -> bytes:
        """The body in bytes."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body) if self.body is not None else b""


async def make(app: FastAPI, call: Call) -> Answer:
    """Make a call; what the app did not expect is raised."""
    parts: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": call.content, "more_body": False}

    async def send(message: Message) -> None:
        parts.append(message)

    await app(_scope(call), receive, send)
    content = b"".join(part.get("body", b"") for part in parts[1:])
    return Answer(parts[0]["status"], orjson.loads(content) if content else None)


async def on_crash(_: Request, error: Exception) -> Response:
    """In the place of the handler that hides a bug: let it be seen."""
    raise error


def _scope(call: Call) -> dict[str, Any]:
    headers = [*call.headers, ("content-length", str(len(call.content)))]
    if call.content:
        headers.append(("content-type", "application/json"))
    if call.token:
        headers.append(("authorization", f"Bearer {call.token}"))
    if call.key:
        headers.append(("idempotency-key", call.key))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": f"/v1{call.path}",
        "raw_path": f"/v1{call.path}".encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
