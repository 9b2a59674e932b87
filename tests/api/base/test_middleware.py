"""What surrounds every call."""

import asyncio

import httpx2
import pytest
from fastapi import FastAPI

from api import middleware


async def test_a_call_that_nobody_answers_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-NFR-8: a server that froze under an open connection costs a 503 with a hint, not a hanging shopper."""
    monkeypatch.setattr(middleware, "LONGEST_CALL_S", 0.2)
    app = FastAPI()
    middleware.install(app)

    @app.get("/silent")
    async def silent() -> None:
        await asyncio.sleep(60)

    @app.get("/late")
    async def late() -> None:
        raise TimeoutError("of another kind")

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as http:
        answer = await http.get("/silent")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["type"] == "/problems/unavailable"
        assert (await http.get("/late")).status_code == 500
