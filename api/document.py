"""The OpenAPI document over HTTP: built once, beside the event loop, and kept as it is sent (E-OPS-4).

To build it takes a second or more of computing. Whoever asks first waits for that, and nobody else does.
"""

import asyncio

import orjson
from fastapi import FastAPI, Request, Response
from starlette.routing import Route


class Document:
    """The document of an application whose routes are all there."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._building: asyncio.Task[bytes] | None = None

    async def read(self, _: Request) -> Response:
        """The document; those who ask while it is built await the same one."""
        if self._building is None or (self._building.done() and self._building.exception()):
            self._building = asyncio.create_task(asyncio.to_thread(self._built))
        return Response(await asyncio.shield(self._building), media_type="application/json")

    def _built(self) -> bytes:
        return orjson.dumps(self._app.openapi())


def install(app: FastAPI) -> None:
    """Answer in the place of the framework's route, which builds the document on the event loop."""
    app.router.routes.insert(0, Route(str(app.openapi_url), Document(app).read, include_in_schema=False))
