"""Lists by keyset: signed opaque cursors, bound to the filter and sort they came from (R-API-6, R-API-7)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Annotated, Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import CursorInvalid
from api.schemas import Body

SIGNATURE_BYTES = 16

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

Limit = Annotated[int, Query(ge=1, le=100, description="how many at most")]
CursorText = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]


class PageWanted(Body):
    """How much of a list, and from where on; a domain adds what its list is filtered and sorted by."""

    limit: Limit = 20
    cursor: CursorText = None

    @property
    def filters(self) -> dict[str, Any]:
        """All but the page: a cursor is bound to it."""
        return self.model_dump(exclude={"limit", "cursor"})


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


class Slice(NamedTuple):
    """The rows of one page; `next_cursor` is None on the last one."""

    rows: Sequence[Row[Any]]
    next_cursor: str | None

    def of(self, answer: type[M]) -> Page[M]:
        """The page as the API shows it."""
        return Page(items=[answer.model_validate(row) for row in self.rows], next_cursor=self.next_cursor)


def _signature(secret: str, body: bytes) -> bytes:
    return digest(secret.encode(), body, "sha256")[:SIGNATURE_BYTES]


def sealed(secret: str, body: bytes) -> str:
    """A cursor that holds some bytes, signed."""
    return urlsafe_b64encode(_signature(secret, body) + body).decode().rstrip("=")


def opened(secret: str, cursor: str) -> bytes:
    """The bytes of a cursor; CursorInvalid when it is none of ours."""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (Base64Error, ValueError) as error:
        raise CursorInvalid from error
    signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not compare_digest(signature, _signature(secret, body)):
        raise CursorInvalid
    return body


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Behind which row a page begins: its sort value and its id, and the digest of filter and sort."""

    scope: str
    id: UUID
    value: Any

    def cursor(self, secret: str) -> str:
        """The cursor of the page that begins here."""
        return sealed(secret, msgspec.msgpack.encode(self))


def scope(sort: str, filters: Mapping[str, object]) -> str:
    """The digest of filter and sort that binds a cursor to them."""
    parts = [sort, *(f"{name}={filters[name]}" for name in sorted(filters))]
    return sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def place(secret: str, cursor: str, within: str) -> Place:
    """Where the page of a cursor begins; CursorInvalid unless it is one of ours for that scope."""
    try:
        found = msgspec.msgpack.decode(opened(secret, cursor), type=Place)
    except msgspec.MsgspecError as error:
        raise CursorInvalid from error
    if found.scope != within:
        raise CursorInvalid
    return found


@dataclass(frozen=True)
class Keyset:
    """One order of a list: the sort column and the id that breaks ties, ascending or descending."""

    secret: str
    sort: str
    column: ColumnElement[Any]
    id: ColumnElement[UUID]
    filters: Mapping[str, object]

    @property
    def _down(self) -> bool:
        return self.sort.startswith("-")

    @property
    def _scope(self) -> str:
        return scope(self.sort, self.filters)

    async def read(self, conn: AsyncConnection, statement: Select[Any], wanted: PageWanted) -> Slice:
        """The page that is asked for; CursorInvalid for a foreign cursor."""
        rows = (await conn.execute(self.page(statement, wanted.cursor, wanted.limit))).all()
        return Slice(rows[: wanted.limit], self.next_cursor(rows, wanted.limit))

    def page(self, statement: Select[Any], cursor: str | None, limit: int) -> Select[Any]:
        """The statement for one page and the row after it, with its sort_value; CursorInvalid for a foreign cursor."""
        if cursor:
            behind = place(self.secret, cursor, self._scope)
            here, there = (
                tuple_(self.column, self.id),
                tuple_(literal(behind.value, self.column.type), literal(behind.id, self.id.type)),
            )
            statement = statement.where(here < there if self._down else here > there)
        shown = (self.column.label("sort_value"), self.id.label("sort_id"))
        order = (self.column.desc(), self.id.desc()) if self._down else (self.column, self.id)
        return statement.add_columns(*shown).order_by(*order).limit(limit + 1)

    def next_cursor(self, rows: Sequence[Row[Any]], limit: int) -> str | None:
        """The cursor behind the last row of a full page; `rows` are those of `page`."""
        if len(rows) <= limit:
            return None
        last = rows[limit - 1]
        return Place(self._scope, last.sort_id, last.sort_value).cursor(self.secret)
