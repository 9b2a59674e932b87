"""Turns what the framework, the database or a bug raises into problem documents, without the exception's text."""

from collections.abc import Awaitable, Callable
from traceback import format_tb

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg import Error
from psycopg.errors import CannotConnectNow, DeadlockDetected, LockNotAvailable, QueryCanceled, SerializationFailure
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from api.errors import (
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from api.middleware import BODY_LIMIT
from api.problems import Problem, answer
from api.routing import methods

MOST_FRAMES = 12
BUSY = (LockNotAvailable, QueryCanceled, DeadlockDetected, SerializationFailure, CannotConnectNow)
BY_STATUS: dict[int, type[Problem]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    415: UnsupportedMediaType,
}

WORDS = {
    "extra_forbidden": "is not a field of this call; leave it out",
    "missing": "is missing",
    "model_attributes_type": "must be a JSON object",
    "string_unicode": "holds half of a surrogate pair, which is no character",
}

log = structlog.get_logger()

Handler = Callable[[Request, Exception], Awaitable[Response]]


async def on_problem(request: Request, problem: Exception) -> Response:
    """A problem that was raised outside a domain's route."""
    if not isinstance(problem, Problem):
        raise problem
    return answer(problem, request)


async def on_http(request: Request, error: Exception) -> Response:
    """What routing and body reading refuse."""
    if not isinstance(error, HTTPException):
        raise error
    problem = _http_problem(error)
    problem.headers |= dict(error.headers or {})
    if isinstance(problem, MethodNotAllowed):
        problem.headers["Allow"] = ", ".join(sorted(methods(request.app, request.url.path)))
    return answer(problem, request)


def _http_problem(error: HTTPException) -> Problem:
    if error.status_code == PayloadTooLarge.status:
        return PayloadTooLarge(f"The body is larger than {BODY_LIMIT} bytes; send it in parts.", limit=BODY_LIMIT)
    if error.status_code in BY_STATUS:
        return BY_STATUS[error.status_code]()
    if error.status_code < Internal.status:
        return ValidationFailed(errors=[_unreadable(error.__cause__)])
    return Internal()


def _unreadable(cause: BaseException | None) -> dict[str, object]:
    """Why a body is no JSON that can be read, for the causes that are no JSONDecodeError."""
    match cause:
        case UnicodeDecodeError():
            message = f"is no UTF-8: byte {cause.start + 1} is wrong"
        case RecursionError():
            message = "is nested too deeply"
        case _:
            message = "holds something that cannot be read, such as a number with thousands of digits"
    return {"field": "body", "message": message, "code": "unreadable"}


async def on_invalid(request: Request, error: Exception) -> Response:
    """One entry per wrong field: where it is, what is wrong, and its code (R-API-3)."""
    if not isinstance(error, RequestValidationError):
        raise error
    entries = [_entry(item) for item in error.errors()]
    return answer(ValidationFailed(errors=entries), request)


def _entry(item: dict[str, object]) -> dict[str, object]:
    place = item["loc"]
    path = [str(part) for part in place] if isinstance(place, tuple) else []
    match item.get("ctx"):
        case {"field": str(field)}:  # api.schemas.misfit
            path.append(field)
    message = WORDS.get(str(item["type"])) or str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "json_invalid":
        return {"field": "body", "message": f"is no JSON: stops making sense at character {path[-1]}", "code": "json"}
    return {"field": ".".join(path), "message": message, "code": str(item["type"])}


async def on_database(request: Request, error: Exception) -> Response:
    """PostgreSQL is away, full or too busy: 503; everything else is our mistake: 500."""
    cause = getattr(error, "orig", None)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(error, OperationalError | InterfaceError | PoolTimeoutError) or lost or isinstance(cause, BUSY):
        log.warning("database unavailable", kind=type(cause or error).__name__)
        return answer(Unavailable("The database is busy or away; try again.", retry_after=1), request)
    return await on_crash(request, error)


async def on_crash(request: Request, error: Exception) -> Response:
    """A bug: logged with its frames, answered without a word of it.

    The exception's own text stays out of the log too: PostgreSQL's names the values that broke a rule (R-SEC-3).
    """
    frames = "".join(format_tb(error.__traceback__)[-MOST_FRAMES:])
    route = getattr(request.scope.get("route"), "path", None)
    log.error("crash", route=route, kind=type(error).__name__, rule=_rule(error), frames=frames)
    return answer(Internal(), request)


def _rule(error: Exception) -> str | None:
    cause = getattr(error, "orig", None)
    return f"{cause.sqlstate} {cause.diag.constraint_name}" if isinstance(cause, Error) else None


def install(app: FastAPI) -> None:
    """Answer every exception with a problem document."""
    handlers: dict[type[Exception], Handler] = {
        Problem: on_problem,
        HTTPException: on_http,
        RequestValidationError: on_invalid,
        DBAPIError: on_database,
        PoolTimeoutError: on_database,
        Exception: on_crash,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
