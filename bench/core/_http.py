"""A client that costs the machine little beside what it measures: kept connections, a request at a time on each."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import orjson

HOST = "127.0.0.1"
END = b"\r\n\r\n"


class Answer(NamedTuple):
    """Status and body."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body; AssertionError when it is no success."""
        assert self.status < 300, (self.status, self.body[:500])
        return orjson.loads(self.body)


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(END)
        if end and len(body) >= _length(head) and self._answer:
            self._read = b""
            self._answer.set_result(Answer(int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server hung up"))

    async def ask(self, request: bytes) -> Answer:
        """The answer to a whole request."""
        assert self._transport
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport:
            self._transport.close()


def _length(head: bytes) -> int:
    found = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return int(found or 0)


def request(method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> bytes:
    """A request as it goes over the wire."""
    sent = b"" if body is None else orjson.dumps(body)
    told = {"Host": HOST, **(headers or {})}
    if sent:
        told |= {"Content-Type": "application/json", "Content-Length": str(len(sent))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join(lines).encode() + END + sent


async def connect(port: int) -> Connection:
    """A connection to a port of this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, HOST, port)
    return connection


Visit = Callable[[Connection], Awaitable[None]]


async def crowd(port: int, visits: Iterator[Visit], *, together: int) -> list[float]:
    """Seconds that each visit took, `together` at a time until none is left."""
    took: list[float] = []

    async def one_after_another() -> None:
        with closing(await connect(port)) as connection:
            for visit in visits:
                began = time.perf_counter()
                await visit(connection)
                took.append(time.perf_counter() - began)

    await asyncio.gather(*(one_after_another() for _ in range(together)))
    return took
