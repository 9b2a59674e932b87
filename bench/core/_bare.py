"""Checkout by the bare driver: the same statements with ready-made values, behind the same HTTP server, and no more.

No framework, no validation, no token, no pricing, no facts to encode: what remains is what HTTP and PostgreSQL cost.
"""

import multiprocessing
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import uvicorn
from psycopg_pool import AsyncConnectionPool
from starlette.types import ASGIApp, Receive, Scope, Send

from api import ids
from api.orders import numbers
from api.protocol import Protocol
from stack.ports import is_taken

IDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
START_S = 20.0
PLACED = (True, True)
"""What the last statement gives: there was enough, and the order is kept."""


class Recorded(NamedTuple):
    """A checkout as the driver saw it: statements with their values; `kept` are ids that a next one shares with it."""

    statements: Sequence[tuple[str, Mapping[str, Any]]]
    user_id: UUID
    cart_id: UUID
    order_number: str
    kept: frozenset[UUID]
    answer: bytes


class Again:
    """The recorded values for another shopper: ids that must be new are new, each where the old one was."""

    def __init__(self, recorded: Recorded, user_id: UUID, cart_id: UUID) -> None:
        self._known = {recorded.user_id: user_id, recorded.cart_id: cart_id}
        self._kept, self._old = recorded.kept, recorded.order_number
        self._number = numbers.draw(ids.now())

    def values(self, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """The values of one statement."""
        return {name: self._new(value) for name, value in recorded.items()}

    def _new(self, value: Any) -> Any:
        match value:
            case UUID():
                return self._id(value)
            case list():
                return [self._new(one) for one in value]
            case bytes():
                return IDS.sub(self._text, value).replace(self._old.encode(), self._number.encode())
            case str():
                return self._new(value.encode()).decode()
        return value

    def _text(self, found: re.Match[bytes]) -> bytes:
        return str(self._id(UUID(found[0].decode()))).encode()

    def _id(self, old: UUID) -> UUID:
        if old in self._kept:
            return old
        return self._known.setdefault(old, ids.new())


class Bare:
    """The application: one route, which the server calls for whatever is asked."""

    def __init__(self, dsn: str, size: int, recorded: Sequence[Recorded]) -> None:
        self._pool = AsyncConnectionPool(
            dsn, min_size=size, max_size=size, open=False, kwargs={"autocommit": True}
        )  # fmt: skip
        self._recorded = recorded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        if scope["type"] == "lifespan":
            await receive()
            await self._pool.open(wait=True)
            await send({"type": "lifespan.startup.complete"})
            return
        asked = orjson.loads((await receive())["body"])
        recorded = self._recorded[asked["till"]]
        await self._place(recorded, Again(recorded, UUID(asked["user_id"]), UUID(asked["cart_id"])))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(recorded.answer)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": recorded.answer})

    async def _place(self, recorded: Recorded, again: Again) -> None:
        async with self._pool.connection() as connection:
            for statement, values in recorded.statements:
                found = await (await connection.execute(statement, again.values(values))).fetchall()
        assert found == [PLACED]


def _serve(port: int, dsn: str, size: int, recorded: Sequence[Recorded]) -> None:
    serve(Bare(dsn, size, recorded), port)


def serve(app: ASGIApp, port: int) -> None:
    """Answer at a port by the api's HTTP server, until the process is told to end."""
    uvicorn.run(app, port=port, http=Protocol, loop="uvloop", log_config=None, access_log=False, server_header=False)


@contextmanager
def serving(port: int, dsn: str, size: int, recorded: Sequence[Recorded]) -> Iterator[int]:
    """The process id of a server of recorded checkouts."""
    with answering(_serve, port, dsn, size, recorded) as pid:
        yield pid


@contextmanager
def answering(serves: Callable[..., None], port: int, *more: object) -> Iterator[int]:
    """The id of a process that runs `serves(port, *more)`, which answers at that port."""
    process = multiprocessing.get_context("spawn").Process(target=serves, args=(port, *more))
    process.start()
    try:
        deadline = time.monotonic() + START_S
        while not is_taken(port):
            assert process.is_alive(), "the bare server did not start"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert process.pid
        yield process.pid
    finally:
        process.terminate()
        process.join()
