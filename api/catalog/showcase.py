"""What anybody may see of the catalogue, as JSON: pages and lists, read together by all who ask at the same moment.

A page is Redis' copy or PostgreSQL's row, a list is PostgreSQL's, each as of after it was asked for. Callers without a
token may get a list that is up to a second old, unless this process has changed a product since.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from api.cache import Cache
from api.catalog import listing, pages, queries, statements
from api.catalog.asked import Asked, Shape
from api.catalog.listing import Wanted
from api.catalog.pages import Held, Shown
from api.lately import Lately
from api.together import Together

MOST_PAGES = 32
"""Products of one round trip: enough for a crowd, few enough that nobody waits long for the others' rows."""
LISTS_AT_ONCE = 3
"""Round trips for different lists side by side, of each kind; the same list waits for the next reading."""


class Showcase:
    """Reads for everybody; who may see what is not active is for the caller to decide."""

    def __init__(self, pool: AsyncEngine, cache: Cache, cursor_secret: str) -> None:
        self._cache, self._secret = cache, cursor_secret
        # A single statement is a snapshot by itself: BEGIN and COMMIT would be two more round trips.
        self._pool = pool.execution_options(isolation_level="AUTOCOMMIT")
        self._copies = Together(self._held, most=MOST_PAGES, at_once=2)
        self._rows = Together(self._read_pages, most=MOST_PAGES, at_once=2)
        self._several = Together(self._read_several, most=statements.MOST, at_once=LISTS_AT_ONCE, kind=_shape)
        self._alone = Together(self._read_alone, most=1, at_once=LISTS_AT_ONCE)
        self._lately = Lately(self.listed)

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

    async def listed(self, asked: Asked) -> bytes:
        """A page of a list; CursorInvalid. Who may see what it asks for is for the caller to decide."""
        wanted = listing.wanted(asked, self._secret)
        found = await self._several.ask(wanted) if asked.shape.shares else None
        return found or await self._alone.ask(wanted)

    async def lately(self, asked: Asked) -> bytes:
        """The same as it was at some moment of the last second."""
        return await self._lately.get(asked)

    async def changed(self) -> None:
        """Products, or what lists show of them, have changed; for `after_commit`."""
        self._lately.forget()

    async def _held(self, product_ids: Sequence[UUID]) -> Sequence[Held]:
        return await pages.held(self._cache, product_ids)

    async def _read_pages(self, product_ids: Sequence[UUID]) -> Sequence[Row[Any] | None]:
        async with self._pool.connect() as conn:
            found = {row.id: row for row in await queries.shown(conn, product_ids)}
        return [found.get(each) for each in product_ids]

    async def _read_several(self, wanted: Sequence[Wanted]) -> Sequence[bytes | None]:
        async with self._pool.connect() as conn:
            return await listing.several(conn, wanted, self._secret)

    async def _read_alone(self, wanted: Sequence[Wanted]) -> Sequence[bytes]:
        async with self._pool.connect() as conn:
            return [await listing.one(conn, each, self._secret) for each in wanted]


def of(request: Request) -> Showcase:
    """That of this process."""
    found: Showcase = request.app.state.showcase
    return found


def _shape(wanted: Wanted) -> Shape:
    return wanted.asked.shape
