"""Problem documents (RFC 9457): what an answer is that is not the one asked for, and how OpenAPI tells of it."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Self

import msgspec
import orjson
from asgi_correlation_id import correlation_id
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

Recording = Callable[[AsyncConnection], Awaitable[object]]
Noting = Callable[[AsyncConnection, Mapping[str, object] | None], Awaitable[bool]]
Schema = Mapping[str, Any]


class Problem(Exception):  # noqa: N818 - named after RFC 9457, not every one is an error
    """Raised anywhere below a route, answered as a problem document at the edge.

    The class carries `slug`, `status` and the JSON schemas of its extra `members`; its docstring is the default
    detail. The request's transaction is rolled back unless `keep()` was called; what `record()` was given then runs in
    a transaction of its own, for facts that record a refusal (R-EVT-5); what `note()` was given is one by itself.
    """

    slug: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    members: ClassVar[Mapping[str, Schema]] = {}

    def __init_subclass__(cls, *, slug: str, status: int, members: Mapping[str, Schema] | None = None) -> None:
        super().__init_subclass__()
        cls.slug, cls.status, cls.members = slug, status, members or {}

    def __init__(self, detail: str | None = None, *, retry_after: int | None = None, **extra: object) -> None:
        self.detail = detail or " ".join((self.__doc__ or "").split())
        super().__init__(self.detail)
        self.retry_after = retry_after
        # RFC 9457 keeps `status` for the HTTP status; that of the object goes out as `current_status`.
        self.extra = {"current_status" if name == "status" else name: value for name, value in extra.items()}
        self.headers: dict[str, str] = {}
        self.recording: Recording | None = None
        self.noting: Noting | None = None
        self.kept = False

    def record(self, recording: Recording) -> Self:
        """Run `recording` in a transaction of its own after the rollback."""
        self.recording = recording
        return self

    def note(self, noting: Noting) -> Self:
        """Run `noting` after the rollback: one statement, which keeps the answer for the call's key as well.

        It is given the parameters of `idempotency.STORE`, or None; False when the key has been answered before.
        """
        self.noting = noting
        return self

    def keep(self) -> Self:
        """Commit what the request wrote so far, although it is refused."""
        self.kept = True
        return self


def document(slug: str, status: int, detail: str, instance: str, **extra: object) -> dict[str, object]:
    """The members of a problem document (R-API-8)."""
    return {
        "type": f"/problems/{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": instance,
        "correlation_id": correlation_id.get() or "",
        **extra,
    }


def encoded(body: dict[str, object]) -> bytes:
    """A problem document's bytes."""
    return orjson.dumps(body, default=msgspec.to_builtins)


def answer(problem: Problem, request: Request) -> Response:
    """The HTTP answer of a problem."""
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    body = document(problem.slug, problem.status, problem.detail, request.url.path, **problem.extra)
    return Response(encoded(body), problem.status, headers, MEDIA_TYPE)


def problems(*classes: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: what it may answer, with the body of each, by status."""
    by_status: dict[int, list[type[Problem]]] = {}
    for cls in classes:
        by_status.setdefault(cls.status, []).append(cls)
    return {status: _response(found) for status, found in sorted(by_status.items())}


def _response(classes: list[type[Problem]]) -> dict[str, Any]:
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {
            cls.slug: {"summary": " ".join((cls.__doc__ or "").split()), "value": _example(cls)} for cls in classes
        },
    }
    return {"description": ", ".join(cls.slug for cls in classes), "content": {MEDIA_TYPE: content}}


def _example(cls: type[Problem]) -> dict[str, object]:
    detail = " ".join((cls.__doc__ or "").split())
    extra = {name: _sample(schema) for name, schema in cls.members.items()}
    body = document(cls.slug, cls.status, detail, "/v1/...", **extra)
    return {**body, "correlation_id": "5c1f2f0e7d5f4d0f9d1c1f5a3b7e9a10"}


def _sample(schema: Schema) -> object:
    if "examples" in schema:
        return schema["examples"][0]
    if schema["type"] == "array":
        return [_sample(schema["items"])]
    return {name: _sample(inner) for name, inner in schema["properties"].items()}


SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "description": "RFC 9457 problem document; `type` names the problem, further members depend on it.",
    "required": ["type", "title", "status", "detail", "instance", "correlation_id"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong and how to mend it"},
        "instance": {"type": "string", "description": "the path that was called"},
        "correlation_id": {"type": "string", "description": "also in X-Request-ID, in the logs and in every event"},
    },
    "additionalProperties": True,
}
