"""Idempotency-Key (R-API-10): an answer is stored in the transaction of its effect and given again, byte for byte."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from api import ids
from api.auth import Caller
from api.db import statement
from api.errors import IdempotencyInProgress, IdempotencyKeyReused
from api.unit import unit

NEVER_STORED = frozenset({401, 403, 429})

STORE_WHEN = """
    INSERT INTO idempotency_keys AS k (caller, method, path, key, body_hash, status, answer, headers)
    SELECT :caller, :method, :path, :key, :body_hash, :status, :answer,
           jsonb_build_object('type', CAST(:type AS text)) WHERE {condition}
    ON CONFLICT ON CONSTRAINT pk_idempotency_keys DO UPDATE
    SET body_hash = excluded.body_hash, status = excluded.status, answer = excluded.answer,
        headers = excluded.headers, created_at = now()
    WHERE k.created_at < now() - interval '24 hours'
       OR k.status IS NULL AND (:claimed OR k.body_hash = excluded.body_hash
                                AND k.created_at < now() - interval '60 seconds')
    RETURNING 1
"""
STORE = STORE_WHEN.format(condition="true")
_FORGET = text("DELETE FROM idempotency_keys WHERE caller = :caller")
_STORE = text(STORE)
CLAIM = """
    INSERT INTO idempotency_keys AS k (caller, method, path, key, body_hash, headers)
    VALUES (:caller, :method, :path, :key, :body_hash, jsonb_build_object('effect', CAST(:effect AS text)))
    ON CONFLICT ON CONSTRAINT pk_idempotency_keys DO UPDATE
    SET body_hash = excluded.body_hash, status = NULL, answer = NULL, created_at = now(),
        headers = CASE WHEN k.created_at < now() - interval '24 hours' THEN excluded.headers
                       ELSE coalesce(k.headers, excluded.headers) END
    WHERE k.created_at < now() - interval '24 hours'
       OR k.status IS NULL AND k.body_hash = excluded.body_hash AND k.created_at < now() - interval '60 seconds'
    RETURNING headers ->> 'effect' AS effect
"""
_CLAIM = text(CLAIM)
_READ = text("""
    SELECT body_hash, status, answer, headers ->> 'type' AS type FROM idempotency_keys
    WHERE caller = :caller AND method = :method AND path = :path AND key = :key
""")
# Whoever repeats the call may take it over at once, and goes on with the same effect.
_ABANDON = text("""
    UPDATE idempotency_keys SET created_at = now() - interval '61 seconds'
    WHERE caller = :caller AND method = :method AND path = :path AND key = :key AND status IS NULL
""")

Place = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """One unsafe call with a key; `claimed` when its effect is several transactions and the key was taken first.

    `effect` is then the id of what it makes, the same for whoever takes it over; `again` says that somebody did.
    """

    caller: str
    method: str
    path: str
    key: str
    body_hash: str
    claimed: bool
    effect: UUID | None = None
    again: bool = False

    @property
    def place(self) -> Place:
        """What the key is unique in."""
        return self.caller, self.method, self.path, self.key

    @property
    def columns(self) -> dict[str, object]:
        """The columns that name it."""
        return {name: getattr(self, name) for name in ("caller", "method", "path", "key", "body_hash")}


class Replayed(Exception):  # noqa: N818 - an answer, no error
    """The call was answered before: this is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="makes a repeat safe: the same key and body give the stored answer again, for 24 hours",
        examples=["5f0c7d1e-checkout-1"],
    ),
]


async def _once(request: Request, identity: Caller, idempotency_key: _Key = None) -> None:
    if identity and idempotency_key and current(request) is None:
        await _begin(request, await _call(request, str(identity.user_id), idempotency_key, claimed=False))


async def _claimed(request: Request, identity: Caller, idempotency_key: _Key = None) -> None:
    await _once(request, identity, idempotency_key)
    await claim(request)


Once = Depends(_once)
"""For `dependencies=[Once]` of a route whose effect is the request's transaction."""

OnceClaimed = Depends(_claimed)
"""For a route whose effect is several transactions: the key is taken before the first one.

A route that has `Once` instead takes it itself, by `claim` or within its first statement (`claiming`, CLAIM, `taken`).
"""


async def _call(request: Request, caller: str, key: str, *, claimed: bool) -> Call:
    digest = sha256(await request.body())
    digest.update(request.url.query.encode())
    return Call(caller, request.method, request.url.path[:255], key, digest.hexdigest(), claimed)


async def _begin(request: Request, call: Call) -> None:
    running: dict[Place, Call] = request.app.state.running
    twin = running.get(call.place)
    if twin is None:
        running[call.place] = call
        request.state.call = call
        return
    if twin.body_hash != call.body_hash:
        raise IdempotencyKeyReused
    async with statement(request.app.state.pool) as connection:  # the twin may be a repeat itself, of an answered call
        raise Replayed(await replay(connection, call))


async def claim(request: Request) -> None:
    """Take the key of a call before its effect, if it has one and has not taken it; Replayed when another call did."""
    call = current(request)
    if call and not call.claimed:
        columns = claiming(request)
        async with statement(unit(request).pool) as connection:
            found = await connection.scalar(_CLAIM, columns)
        await taken(request, found)


def claiming(request: Request) -> dict[str, object]:
    """The parameters of CLAIM for a call with a key; whatever becomes of that statement, ask `taken` or fail."""
    before: Call = request.state.call
    call = request.state.call = replace(before, claimed=True, effect=ids.new())
    return call.columns | {"effect": str(call.effect)}


async def taken(request: Request, effect: str | None) -> None:
    """Go on with the effect that CLAIM gave; Replayed when it gave none: another call has the key."""
    call: Call = request.state.call
    if effect is None:
        async with statement(unit(request).pool) as connection:
            raise Replayed(await replay(connection, call))
    request.state.call = replace(call, effect=UUID(effect), again=effect != str(call.effect))


def current(request: Request) -> Call | None:
    """The idempotent call that this request is, if it is one."""
    found: Call | None = getattr(request.state, "call", None)
    return found


def taken_over(request: Request) -> bool:
    """Whether the same call was made before and died, perhaps after its effect."""
    call = current(request)
    return bool(call and call.again)


def effect(request: Request) -> UUID:
    """The id of what the call makes: its own, or that of the dead call that it takes over."""
    call = current(request)
    return (call.effect if call else None) or ids.new()


async def store(connection: AsyncConnection, call: Call, response: Response) -> bool:
    """Keep the answer in the transaction of its effect; False when another call was answered under this key before."""
    return await connection.scalar(_STORE, columns(call, response)) is not None


def columns(call: Call, response: Response) -> dict[str, object]:
    """The parameters of STORE."""
    answer = {
        "status": response.status_code,
        "answer": bytes(response.body),
        "type": response.headers.get("content-type"),
        "claimed": call.claimed,
    }
    return call.columns | answer


class Stored(Response):
    """An answer whose route ran STORE within a statement of its own, to save a round trip; `kept` is what it gave."""

    kept: bool = True


async def replay(connection: AsyncConnection, call: Call) -> Response:
    """The stored answer; IdempotencyKeyReused for another body, IdempotencyInProgress while there is none yet."""
    row = (await connection.execute(_READ, call.columns)).one_or_none()
    if row is None or (row.status is None and row.body_hash == call.body_hash):
        raise IdempotencyInProgress(retry_after=1)
    if row.body_hash != call.body_hash:
        raise IdempotencyKeyReused
    return _again(row)


def _again(row: Row[tuple[object, ...]]) -> Response:
    response = Response(row.answer, row.status, {"Idempotent-Replayed": "true"})
    if row.type:
        response.headers["content-type"] = row.type
    return response


async def end(request: Request, *, answered: bool) -> None:
    """Let the key go: a claim whose call was not answered may be made again."""
    call = current(request)
    if call is None:
        return
    request.app.state.running.pop(call.place, None)
    request.state.call = None
    if call.claimed and not answered:
        async with statement(unit(request).pool) as connection:
            await connection.execute(_ABANDON, call.columns)


async def forget(connection: AsyncConnection, caller: str) -> None:
    """Drop the answers kept for a caller who leaves: they name persons and places."""
    await connection.execute(_FORGET, {"caller": caller})
