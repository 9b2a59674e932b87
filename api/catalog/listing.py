"""Reads lists of products, each as the JSON that goes out: those of one shape in one round trip."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from api.catalog import statements
from api.catalog.asked import Asked
from api.pagination import Place, place


class Wanted(NamedTuple):
    """A page of a list: what is asked, and the place behind which it begins."""

    asked: Asked
    behind: Place | None

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of its statement that are its own, by name."""
        given = dict(zip(self.asked.shape.given, self.asked.values, strict=True))
        begun = {"behind_value": self.behind.value, "behind_id": self.behind.id} if self.behind else {}
        return given | begun


class _Found(NamedTuple):
    """The ids of a page, those of one more if there is one, and the sort value of the page's last."""

    ids: Sequence[str]
    last: Any
    cut: bool


def wanted(asked: Asked, secret: str) -> Wanted:
    """The page that is asked for; CursorInvalid."""
    return Wanted(asked, place(secret, asked.cursor, asked.scope) if asked.cursor else None)


async def one(conn: AsyncConnection, page: Wanted, secret: str) -> bytes:
    """A page of any list."""
    shape = page.asked.shape
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in page.values.items()}
    text = statements.alone(shape)
    products, found = _read(await conn.exec_driver_sql(text, {**values, "most": shape.limit + 1}))
    return _body(page.asked, found.get(1), products, secret)


async def several(conn: AsyncConnection, pages: Sequence[Wanted], secret: str) -> list[bytes | None]:
    """Pages of lists of one shape that `shares`; None where `one` has to look further."""
    text = statements.together(pages[0].asked.shape)
    asked = msgspec.json.encode([page.values for page in pages]).decode()
    products, found = _read(await conn.exec_driver_sql(text, {"asked": asked}))
    return [_uncut(page.asked, found.get(number), products, secret) for number, page in enumerate(pages, 1)]


def _read(rows: Iterable[Sequence[Any]]) -> tuple[Mapping[str, str], Mapping[int, _Found]]:
    """JSON of the products by id, and lists by their number."""
    products: dict[str, str] = {}
    found: dict[int, _Found] = {}
    for number, ids, body, last, cut in rows:
        if number is None:
            products[ids] = body
        else:
            found[number] = _Found(ids.split(","), last, cut)
    return products, found


def _uncut(asked: Asked, found: _Found | None, products: Mapping[str, str], secret: str) -> bytes | None:
    return None if found and found.cut else _body(asked, found, products, secret)


def _body(asked: Asked, found: _Found | None, products: Mapping[str, str], secret: str) -> bytes:
    """The JSON of a `Page[Product]`."""
    if not found:
        return b'{"items":[],"next_cursor":null}'
    limit = asked.shape.limit
    items, cursor = ",".join([products[each] for each in found.ids[:limit]]), "null"
    if len(found.ids) > limit:
        cursor = f'"{Place(asked.scope, UUID(found.ids[limit - 1]), found.last).cursor(secret)}"'
    return f'{{"items":[{items}],"next_cursor":{cursor}}}'.encode()
