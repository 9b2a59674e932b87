"""What a page costs when nothing is read: its bytes sent by the HTTP server alone, and by an empty route of FastAPI."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.core import _bare


def _server_alone(body: bytes) -> ASGIApp:
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def _empty_route(body: bytes) -> ASGIApp:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})

    @app.get("/v1/products/{product_id}")
    async def get_product(product_id: UUID) -> Response:
        return Response(body, media_type="application/json")

    return app


APPS: dict[str, Callable[[bytes], ASGIApp]] = {"server alone": _server_alone, "empty route": _empty_route}


def _serve(port: int, name: str, body: bytes) -> None:
    _bare.serve(APPS[name](body), port)


@contextmanager
def serving(port: int, name: str, body: bytes) -> Iterator[int]:
    """The process id of a server that answers every page with these bytes; `name` is one of APPS."""
    with _bare.answering(_serve, port, name, body) as pid:
        yield pid
