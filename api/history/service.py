"""Books batches of past orders and returns, each batch in one transaction, each item once."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.history import returns, sales
from api.history.accounts import open_accounts
from api.history.batch import Batch
from api.history.listings import PastListing, goods, list_goods
from api.history.opened import Orders
from api.history.past import Goods, PastLine, PastOrder, PastReturn, Place, Sold
from api.history.stock import Shelf
from api.platform import import_marks

__all__ = [
    "Goods", "PastLine", "PastListing", "PastOrder", "PastReturn", "Place", "Sold", "book", "goods",
    "list_goods", "marks", "open_accounts", "take_turn",
]  # fmt: skip

_TURN = text("SELECT pg_try_advisory_lock(hashtextextended('import:' || :source, 0))")


async def take_turn(connection: AsyncConnection, source: str) -> bool:
    """True when this session is the only importer of `source` from now on, until its connection ends."""
    return bool((await connection.execute(_TURN, {"source": source})).scalar_one())


async def marks(connection: AsyncConnection, source: str) -> set[str]:
    """Items of a source that are booked already."""
    rows = await connection.execute(select(import_marks.c.item).where(import_marks.c.source == source))
    return set(rows.scalars())


async def book(connection: AsyncConnection, events: Sequence[PastOrder | PastReturn]) -> int:
    """Book orders and returns, in the order given, in this connection's transaction.

    A return's order is booked before it or with it. The answer is how many returned units their orders do not have
    (any more), and which are left out. psycopg's UniqueViolation when an item was booked meanwhile.
    """
    batch, missing = Batch(), 0
    orders = await Orders.locked(connection, [event.order_id for event in events if isinstance(event, PastReturn)])
    shelf = await Shelf.locked(connection, _stock_rows(events))
    for event in events:
        if isinstance(event, PastOrder):
            orders.know(sales.book(batch, shelf, event))
        else:
            missing += returns.book(batch, shelf, orders, event)
        batch.add("import_marks", event.source, event.mark)
    await batch.write(connection)
    await orders.store(connection)
    await shelf.store(connection)
    return missing


def _stock_rows(events: Iterable[PastOrder | PastReturn]) -> set[UUID]:
    lines = (event.lines if isinstance(event, PastOrder) else event.units for event in events)
    return {line.goods.inventory_id for several in lines for line in several}
