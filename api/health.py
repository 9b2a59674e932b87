"""Whether the process lives and its own needs are met; parts it can work without are named, not waited for."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.auth import Identity, as_of_now
from api.callers import caller
from api.problems import Problem

router = APIRouter(prefix="/health", tags=["operations"])


class Live(BaseModel):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Whether calls are answered; operators also get the parts with their states."""

    status: Literal["ready", "not ready"]
    parts: dict[str, str] | None = None


@router.get("/live", summary="Does the process run?")
async def get_liveness() -> Live:
    """E-OPS-1."""
    return Live()


async def _operator(request: Request) -> bool:
    """Whether an operator asks; a token that cannot be checked is no reason to be unhealthy."""
    try:
        identity: Identity | None = await caller(request)
        return identity is not None and (identity.operator or await _became_one(request, identity))
    except (Problem, SQLAlchemyError):
        return False


async def _became_one(request: Request, identity: Identity) -> bool:
    async with request.app.state.pool.connect() as connection:
        return (await as_of_now(request, connection, identity)).operator


@router.get("/ready", summary="Are its own needs met?", responses={503: {"model": Ready, "description": "not ready"}})
async def get_readiness(request: Request, response: Response, operator: Annotated[bool, Depends(_operator)]) -> Ready:
    """E-OPS-2: PostgreSQL is needed; Redis and Kafka are not."""
    parts = {"postgres": await _postgres(request), "redis": await _redis(request)}
    response.status_code = 200 if parts["postgres"] == "ok" else 503
    status: Literal["ready", "not ready"] = "ready" if response.status_code == 200 else "not ready"
    return Ready(status=status, parts=parts if operator else None)


async def _postgres(request: Request) -> str:
    try:
        async with request.app.state.pool.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return f"down: {type(error).__name__}"
    return "ok"


async def _redis(request: Request) -> str:
    cache = request.app.state.cache
    return "ok" if await cache.get_many(["health"]) is not None else "down: the core works without it"
