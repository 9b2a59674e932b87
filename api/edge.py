"""The edge of every domain's routes: one transaction a request, committed before the answer is sent."""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from psycopg.errors import DeadlockDetected, SerializationFailure
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from api import idempotency, rates
from api.db import statement, transaction
from api.errors import IdempotencyInProgress, IdempotencyKeyReused, Internal, UnsupportedMediaType
from api.idempotency import Call, Replayed
from api.prepared import OUTDATED
from api.problems import Noting, Problem, answer
from api.shown_once import for_repeats
from api.trail import recording
from api.unit import TryAgain, Unit

log = structlog.get_logger()

ATTEMPTS = 3
PASSING = (DeadlockDetected, SerializationFailure, *OUTDATED)
"""What a call is tried again for: others were in its way, or the tables have just changed."""
SAFE = frozenset({"GET", "HEAD"})
LENIENT = ("/webhook", "/unsubscribe")
"""Where others may lengthen the address: providers, and what rewrites links in mails on their way."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Route(APIRoute):
    """A route of a domain (`APIRouter(route_class=Route)`): gives its handler a Unit, and ends it."""

    def get_route_handler(self) -> Handler:
        """The handler, wrapped into its transaction."""
        handle, takes_body = super().get_route_handler(), self.body_field is not None
        known = None if self.path.endswith(LENIENT) else _query_names(self.dependant)

        async def run(request: Request) -> Response:
            work = request.state.unit = Unit(request.app.state.pool, reads=request.method in SAFE)
            answered = False
            try:
                if known is not None and request.scope["query_string"]:
                    _require_known(request, known)
                response = await _attempt(handle, request, work, takes_body=takes_body)
                answered = response.status_code < Internal.status
                return response
            finally:
                await work.close()
                await idempotency.end(request, answered=answered)

        return run


def _query_names(dependant: Dependant) -> frozenset[str] | None:
    """What a route reads of the query; None when a model reads it, which refuses everything else by itself."""
    names: set[str] = set()
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return None
        names.add(field.alias)
    for part in map(_query_names, dependant.dependencies):
        if part is None:
            return None
        names |= part
    return frozenset(names)


def _require_known(request: Request, known: frozenset[str]) -> None:
    """An unknown query parameter is refused like an unknown field (R-API-3)."""
    if unknown := sorted(request.query_params.keys() - known):
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("query", name)} for name in unknown])


async def _attempt(handle: Handler, request: Request, work: Unit, *, takes_body: bool) -> Response:
    try:
        await rates.any_call(request)
        if takes_body:
            _require_json(request)
        response = await _handled(handle, request, work)
        return await _accept(request, work, response)
    except Problem as problem:
        return await _refuse(request, work, problem)
    except Replayed as replayed:
        return replayed.response


async def _handled(handle: Handler, request: Request, work: Unit) -> Response:
    for _ in range(ATTEMPTS - 1):
        try:
            return await handle(request)
        except TryAgain:
            await work.rollback()
        except DBAPIError as error:
            if not isinstance(error.orig, PASSING):
                raise
            await work.rollback()
    return await handle(request)


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    empty = (
        not kind and request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
    )
    if not empty and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType


async def _accept(request: Request, work: Unit, response: Response) -> Response:
    call = idempotency.current(request)
    await recording.record(request, work, response)
    if call and not await _kept(work, call, for_repeats(request, response)):
        return await _replay(work, call)
    await work.commit()
    return response


async def _kept(work: Unit, call: Call, response: Response) -> bool:
    if isinstance(response, idempotency.Stored):
        return response.kept
    if work.begun:
        return await idempotency.store(await work.connection(), call, response)
    async with statement(work.pool) as connection:
        return await idempotency.store(connection, call, response)


async def _replay(work: Unit, call: Call) -> Response:
    await work.rollback()
    async with statement(work.pool) as connection:
        return await idempotency.replay(connection, call)


async def _refuse(request: Request, work: Unit, problem: Problem) -> Response:
    response = answer(problem, request)
    if problem.kept:
        await work.commit()
    else:
        await work.rollback()
    call = idempotency.current(request)
    kept = call if call and _is_stored(problem) else None
    if problem.noting:
        return await _refuse_at_once(work, kept, problem.noting, response)
    if kept:
        return await _refuse_once(work, kept, problem, response)
    if problem.recording:
        async with transaction(work.pool) as connection:
            await problem.recording(connection)
    return response


def _is_stored(problem: Problem) -> bool:
    in_the_way = isinstance(problem, IdempotencyInProgress | IdempotencyKeyReused)
    return problem.status < Internal.status and problem.status not in idempotency.NEVER_STORED and not in_the_way


async def _refuse_once(work: Unit, call: Call, problem: Problem, response: Response) -> Response:
    async with transaction(work.pool) as connection:
        if not await idempotency.store(connection, call, response):
            return await idempotency.replay(connection, call)
        if problem.recording:
            await problem.recording(connection)
    return response


async def _refuse_at_once(work: Unit, call: Call | None, noting: Noting, response: Response) -> Response:
    async with statement(work.pool) as connection:
        first = await noting(connection, idempotency.columns(call, response) if call else None)
    return response if first or not call else await _replay(work, call)
