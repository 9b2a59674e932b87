"""Says today's requests to localstripe in the words it knows, which are those of an older Stripe.

It adds no behaviour: parameters that localstripe has not heard of are dropped, and a confirmation that brings its
PaymentMethod becomes two calls.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.api.payments.peers import START_S, free_port

UNHEARD = ("allowed_payment_method_types[0]", "return_url", "error_on_requires_action")


class Speaker(NamedTuple):
    """Where today's requests are taken, and two switches.

    away: nobody is there. breaks: the next confirmation takes effect, and nobody is there any more to say so.
    """

    address: str
    away: threading.Event
    breaks: threading.Event


@contextmanager
def speaking(localstripe: str) -> Iterator[Speaker]:
    """What takes today's requests for localstripe."""
    port, away, breaks = free_port(), threading.Event(), threading.Event()
    config = uvicorn.Config(_application(localstripe, away, breaks), port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            threading.Event().wait(0.02)
        yield Speaker(f"http://127.0.0.1:{port}", away, breaks)
    finally:
        server.should_exit = True
        thread.join(START_S)


def _application(localstripe: str, away: threading.Event, breaks: threading.Event) -> Starlette:
    async def pass_on(request: Request) -> Response:
        if away.is_set():
            return Response("away", 503)
        headers = {name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers}
        said = dict(parse_qsl((await request.body()).decode()))
        told = {name: value for name, value in said.items() if name not in UNHEARD}
        async with httpx2.AsyncClient(base_url=localstripe, headers=headers) as client:
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            if path.endswith("/confirm") and "payment_method" in told:
                await client.post(path.removesuffix("/confirm"), content=urlencode(told))
                told = {}
            answer = await client.request(request.method, path, content=urlencode(told))
        if path.endswith("/confirm") and breaks.is_set():
            away.set()
            return Response("away", 503)
        return Response(answer.content, answer.status_code, media_type="application/json")

    return Starlette(routes=[Route("/{path:path}", pass_on, methods=["GET", "POST"])])
