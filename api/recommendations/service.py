"""Which products of the lists are shown, and what stands in for the lists while they are away."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.ledger import queries as ledger
from api.recommendations import queries
from api.recommendations.lists import Lists, Ranked
from api.recommendations.schemas import Source
from streams.views import Published

KEPT_S = 30.0
AGAIN_S = 5.0
MOST_KEPT = 1000

Make = Callable[[AsyncConnection, Any], Awaitable[dict[UUID, int | None]]]


class Chosen(NamedTuple):
    """What is shown, the best first: rows of products and their scores."""

    source: Source
    items: list[tuple[Row[Any], int | None]]


class _Kept(NamedTuple):
    lists: Lists
    until: float


class OrderLists:
    """Lists made of the orders, kept for half a minute: they cost much just when everything falls back to them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Make, UUID | None], _Kept] = {}

    async def popular(self, conn: AsyncConnection, category_id: UUID | None = None) -> Lists:
        """The popular products, of all or of one category."""
        return await self._list(queries.popular, conn, category_id)

    async def of_category(self, conn: AsyncConnection, category_id: UUID) -> Lists:
        """The products of a category, the popular ones first."""
        return await self._list(queries.of_category, conn, category_id)

    async def _list(self, make: Make, conn: AsyncConnection, category_id: UUID | None) -> Lists:
        key, now = (make, category_id), monotonic()
        kept = self._kept.get(key)
        if kept and now < kept.until:
            return kept.lists
        if kept:  # others are given the older one while this call makes the new
            self._kept[key] = _Kept(kept.lists, now + AGAIN_S)
        cut = Published(await ledger.cut(conn), ids.now())
        lists = Lists((Ranked("postgres", await make(conn, category_id)),), cut)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = _Kept(lists, now + KEPT_S)
        return lists


async def choose(conn: AsyncConnection, lists: Lists, limit: int, *, besides: UUID | None = None) -> Chosen:
    """The first list of which something can be sold now, without the product that is looked at (R-REC-4)."""
    rows = await queries.sellable(conn, list({each for ranked in lists.ranked for each in ranked.scores}))
    if besides:
        rows.pop(besides, None)
    chosen = [
        Chosen(ranked.source, [(rows[each], score) for each, score in ranked.scores.items() if each in rows][:limit])
        for ranked in lists.ranked
    ]
    return next((some for some in chosen if some.items), chosen[-1])
