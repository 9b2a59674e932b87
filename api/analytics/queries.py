"""Pages of the books, by seller, currency and day."""

from typing import Any

from sqlalchemy import Row, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.analytics.schemas import BooksWanted
from api.ledger import queries as ledger
from api.pagination import Keyset


async def page_of_books(
    conn: AsyncConnection, wanted: BooksWanted, complete_to: int, *, secret: str
) -> tuple[list[Row[Any]], str | None]:
    """Cells at the cut in order of seller, currency and day; CursorInvalid for a cursor of another cut or filter."""
    cells = ledger.books_statement(
        complete_to,
        from_day=wanted.since,
        to_day=wanted.until,
        seller_id=wanted.seller_id,
        currency=wanted.currency,
    ).subquery()
    place = func.concat(cast(cells.c.seller_id, String), " ", cells.c.currency, " ", cast(cells.c.day, String))
    filters = wanted.model_dump(exclude={"cursor", "limit"}) | {"complete_to": complete_to}
    keyset = Keyset(secret, "cell", place, cells.c.seller_id, filters)
    rows = (await conn.execute(keyset.page(select(cells), wanted.cursor, wanted.limit))).all()
    further = keyset.next_cursor(rows, wanted.limit)
    return list(rows[: wanted.limit]), further
