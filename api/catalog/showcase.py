"""What anybody may see of the catalogue, as JSON: pages and lists, read together by all who ask at the same moment.

A page is Redis' copy or PostgreSQL's row, a list is PostgreSQL's, each as of after it was asked for. Callers without a
token may get a list that is up to a second old, unless this process has changed a product since.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.cache import Cache
from api.catalog import pages, queries
from api.catalog.models import products
from api.catalog.pages import Held, Shown
from api.catalog.schemas import Filter, Product
from api.lately import Lately
from api.pagination import Keyset, Page
from api.together import Together

MOST_PAGES = 32
"""Products of one round trip: enough for a crowd, few enough that nobody waits long for the others' rows."""
LISTS_AT_ONCE = 4
"""Different lists that are read side by side; the same one waits for the next reading."""


class Showcase:
    """Reads for everybody; who may see what is not active is for the caller to decide."""

    def __init__(self, pool: AsyncEngine, cache: Cache, cursor_secret: str) -> None:
        self._cache, self._secret = cache, cursor_secret
        # A single statement is a snapshot by itself: BEGIN and COMMIT would be two more round trips.
        self._pool = pool.execution_options(isolation_level="AUTOCOMMIT")
        self._copies = Together(self._held, most=MOST_PAGES, at_once=2)
        self._rows = Together(self._read_pages, most=MOST_PAGES, at_once=2)
        self._lists = Together(self._read_lists, most=1, at_once=LISTS_AT_ONCE)
        self._lately = Lately(self._lists.ask)

    async def page(self, product_id: UUID) -> Shown | None:
        """A product's page, whatever its status; None when there is none."""
        held = await self._copies.ask(product_id)
        if held.page:
            return held.page
        row = await self._rows.ask(product_id)
        if row is None:
            return None
        found = pages.of_row(row)
        if held.counts:
            await pages.remember(self._cache, found)
        return pages.shown(found)

    async def active(self, wanted: Filter) -> bytes:
        """A page of a list of active products of active sellers; CursorInvalid."""
        return await self._lists.ask(wanted.model_dump_json())

    async def lately(self, wanted: Filter) -> bytes:
        """The same as it was at some moment of the last second."""
        return await self._lately.get(wanted.model_dump_json())

    async def changed(self) -> None:
        """Products, or what lists show of them, have changed; for `after_commit`."""
        self._lately.forget()

    async def _held(self, product_ids: Sequence[UUID]) -> Sequence[Held]:
        return await pages.held(self._cache, product_ids)

    async def _read_pages(self, product_ids: Sequence[UUID]) -> Sequence[Row[Any] | None]:
        async with self._pool.connect() as conn:
            found = {row.id: row for row in await queries.shown(conn, product_ids)}
        return [found.get(each) for each in product_ids]

    async def _read_lists(self, wanted: Sequence[str]) -> Sequence[bytes]:
        async with self._pool.connect() as conn:
            return [await self._listed(conn, each) for each in wanted]

    async def _listed(self, conn: AsyncConnection, wanted: str) -> bytes:
        found = await listed(conn, Filter.model_validate_json(wanted), self._secret, every_seller=False)
        return found.model_dump_json().encode()


async def listed(conn: AsyncConnection, wanted: Filter, cursor_secret: str, *, every_seller: bool) -> Page[Product]:
    """A page of a list; CursorInvalid."""
    fields = wanted.model_dump()
    filters = {name: value for name, value in fields.items() if name not in ("cursor", "limit", "sort")}
    keyset = Keyset(cursor_secret, wanted.sort, queries.SORTS[wanted.sort.lstrip("-")], products.c.id, filters)
    statement = queries.pathed(queries.listed(fields, every_seller=every_seller))
    rows = (await conn.execute(keyset.page(statement, wanted.cursor, wanted.limit))).all()
    next_cursor = keyset.next_cursor(rows, wanted.limit)
    return Page[Product](items=pages.products(rows[: wanted.limit]), next_cursor=next_cursor)


def of(request: Request) -> Showcase:
    """That of this process."""
    found: Showcase = request.app.state.showcase
    return found
