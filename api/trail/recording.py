"""Writes a row for every call of an operator or admin that changed something, in the call's transaction (R-SEC-7).

A route whose effect is several transactions gets its row in one of its own after them.
"""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response
from sqlalchemy import insert

from api import ids
from api.auth import Identity
from api.outbox import correlation_id
from api.platform import audit_trail
from api.unit import Unit

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def keep_note(request: Request, note: str | None) -> None:
    """Have the call's row keep why it was made, where nothing else does."""
    request.state.note = note


async def record(request: Request, work: Unit, response: Response) -> None:
    """Note an operator's call that succeeded; the names of the fields that were sent, and no value but a note."""
    identity: Identity | None = getattr(request.state, "identity", None)
    if identity is None or not identity.operator or request.method not in UNSAFE:
        return
    row = {
        "id": ids.new(),
        "actor_id": identity.user_id,
        "role": "admin" if "admin" in identity.roles else "operator",
        "action": request.scope["route"].name,
        "object_type": request.url.path.split("/")[2],
        "object_id": _object(request, response),
        "details": await _details(request, response),
        "correlation_id": correlation_id.get()[:64] or None,
    }
    await (await work.connection()).execute(insert(audit_trail).values(row))


def _object(request: Request, response: Response) -> UUID | None:
    """The last id of the path, else the id of what was made or, of a hold, that of what is held."""
    named = [value for value in request.path_params.values() if _uuid(value)]
    answer = _read(bytes(response.body))
    return _uuid(named[-1]) if named else _uuid(answer.get("id", answer.get("reservation_id")))


async def _details(request: Request, response: Response) -> dict[str, Any]:
    sends_json = "json" in request.headers.get("content-type", "")  # a picture is read as it comes, and gone
    fields = sorted(_read(await request.body())) if sends_json else []
    told = {"method": request.method, "path": request.url.path, "fields": fields, "status": response.status_code}
    note = getattr(request.state, "note", None)
    return told | {"note": note} if note else told


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
