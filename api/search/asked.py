"""A search as it is understood: words, filters, order, and the place where its page begins."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from api import ids
from api.errors import CursorInvalid, ValidationFailed
from api.pagination import opened, sealed
from api.search.schemas import DEEPEST, SearchWanted, Source

SPEC = "spec."
MOST_SPECS, MOST_VALUES, LONGEST_KEY, LONGEST_VALUE = 10, 20, 64, 100
_NO_FILTERS = ("q", "sort", "limit", "cursor")

Specs = Mapping[str, tuple[str, ...]]


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where a page begins. Products that came after the search began, at `at_ms`, are left out, so none moves back."""

    scope: str
    offset: int
    at_ms: int
    query_id: UUID
    source: Source


@dataclass(frozen=True)
class Asked:
    """A search; `place` is None on its first page."""

    wanted: SearchWanted
    specs: Specs
    query_id: UUID
    at_ms: int
    place: Place | None = None

    @property
    def offset(self) -> int:
        """How many results stand before this page."""
        return self.place.offset if self.place else 0

    @property
    def most(self) -> int:
        """How many results this page may have."""
        return max(0, min(self.wanted.limit, DEEPEST - self.offset))

    @property
    def filters(self) -> dict[str, Any]:
        """The filters that were given, as they are recorded."""
        given = self.wanted.model_dump(mode="json", include=set(SearchWanted.model_fields) - set(_NO_FILTERS))
        named = {f"{SPEC}{key}": list(values) for key, values in self.specs.items()}
        return {name: value for name, value in given.items() if value not in (None, [])} | named

    def next_cursor(self, secret: str, source: Source, *, more: bool) -> str | None:
        """The cursor of the page behind this one."""
        reached = self.offset + self.most
        if not more or reached >= DEEPEST:
            return None
        place = Place(_scope(self.wanted, self.specs), reached, self.at_ms, self.query_id, source)
        return sealed(secret, msgspec.msgpack.encode(place))


def _scope(wanted: SearchWanted, specs: Specs) -> str:
    told = wanted.model_dump(mode="json", include=set(SearchWanted.model_fields) - {"limit", "cursor"})
    text = msgspec.json.encode([told, sorted(specs.items())], order="deterministic")
    return b64encode(sha256(text).digest()[:12]).decode()


def asked(wanted: SearchWanted, specs: Specs, secret: str) -> Asked:
    """The search; CursorInvalid for a cursor of another one."""
    if wanted.cursor is None:
        return Asked(wanted, specs, ids.new(), int(ids.now().timestamp() * 1000))
    try:
        place = msgspec.msgpack.decode(opened(secret, wanted.cursor), type=Place)
    except msgspec.MsgspecError as error:
        raise CursorInvalid from error
    if place.scope != _scope(wanted, specs):
        raise CursorInvalid
    return Asked(wanted, specs, place.query_id, place.at_ms, place)


def specs(parameters: list[tuple[str, str]]) -> Specs:
    """The values wanted of each key of the sheets; ValidationFailed names what is no parameter of a search."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in parameters:
        if name in SearchWanted.model_fields:
            continue
        _check(name, value)
        key = name.removeprefix(SPEC)
        found[key] = (*found.get(key, ()), value.strip())
        if len(found) > MOST_SPECS or len(found[key]) > MOST_VALUES:
            raise _wrong(name, f"at most {MOST_SPECS} keys with {MOST_VALUES} values each", "too_long")
    return found


def _check(name: str, value: str) -> None:
    key = name.removeprefix(SPEC)
    if not name.startswith(SPEC):
        raise _wrong(name, "is not a field of this call; leave it out", "extra_forbidden")
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise _wrong(name, f"the key has 1 to {LONGEST_KEY} printable characters", "value_error")
    if not 1 <= len(value.strip()) <= LONGEST_VALUE or not value.isprintable():
        raise _wrong(name, f"must have 1 to {LONGEST_VALUE} printable characters", "value_error")


def _wrong(name: str, message: str, code: str) -> ValidationFailed:
    return ValidationFailed(errors=[{"field": f"query.{name}", "message": message, "code": code}])
