"""Books batches of past orders and returns, each batch in one transaction, each item once."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api.history import returns, sales
from api.history.accounts import open_accounts
from api.history.batch import Batch
from api.history.booked import BookedLine, BookedOrder
from api.history.booked import lines as booked_lines
from api.history.booked import orders as booked_orders
from api.history.booked import returned as booked_returns
from api.history.listings import PastListing, goods, list_goods
from api.history.opened import Orders
from api.history.past import Goods, PastLine, PastOrder, PastReturn, Place, Sold
from api.history.stock import Shelf
from api.platform import import_marks

__all__ = [
    "BookedLine", "BookedOrder", "Goods", "PastLine", "PastListing", "PastOrder", "PastReturn", "Place", "Sold",
    "book", "booked_lines", "booked_orders", "booked_returns", "goods", "list_goods", "mark", "marks",
    "open_accounts", "settle_shift", "take_turn",
]  # fmt: skip

_SHIFT = "shift:"
_TURN = text("SELECT pg_try_advisory_lock(hashtextextended('import:' || :source, 0))")


async def take_turn(connection: AsyncConnection, source: str) -> bool:
    """True when this session is the only importer of `source` from now on, until its connection ends."""
    return bool((await connection.execute(_TURN, {"source": source})).scalar_one())


async def marks(connection: AsyncConnection, source: str) -> set[str]:
    """Items of a source that are booked already."""
    rows = await connection.execute(select(import_marks.c.item).where(import_marks.c.source == source))
    return set(rows.scalars())


async def mark(connection: AsyncConnection, source: str, item: str) -> None:
    """Note that an item of a source is done, or began; a repeat changes nothing."""
    await connection.execute(insert(import_marks).values(source=source, item=item).on_conflict_do_nothing())


async def settle_shift(connection: AsyncConnection, source: str, wanted: timedelta) -> timedelta:
    """By how much a source's times are moved: as its first run wanted, so that a later run finds what it booked."""
    for item in await marks(connection, source):
        if item.startswith(_SHIFT):
            return timedelta(days=int(item.removeprefix(_SHIFT)))
    await mark(connection, source, f"{_SHIFT}{wanted.days}")
    return timedelta(days=wanted.days)


async def book(connection: AsyncConnection, events: Sequence[PastOrder | PastReturn]) -> int:
    """Book orders and returns of one source, in the order given, in this connection's transaction.

    A return's order is booked before it or with it; what is booked already is passed over. The answer is how many
    returned units their orders do not have (any more), and which are left out.
    """
    known = await _known(connection, events)
    fresh = [event for event in events if event.mark not in known]
    batch, missing = Batch(), 0
    orders = await Orders.locked(connection, [event.order_id for event in fresh if isinstance(event, PastReturn)])
    shelf = await Shelf.locked(connection, _stock_rows(fresh))
    for event in fresh:
        if isinstance(event, PastOrder):
            orders.know(sales.book(batch, shelf, event))
        else:
            missing += returns.book(batch, shelf, orders, event)
        batch.add("import_marks", event.source, event.mark)
    await batch.write(connection)
    await orders.store(connection)
    await shelf.store(connection)
    return missing


async def _known(connection: AsyncConnection, events: Sequence[PastOrder | PastReturn]) -> set[str]:
    sources, items = {event.source for event in events}, [event.mark for event in events]
    query = select(import_marks.c.item).where(import_marks.c.source.in_(sources), import_marks.c.item.in_(items))
    return set((await connection.execute(query)).scalars())


def _stock_rows(events: Iterable[PastOrder | PastReturn]) -> set[UUID]:
    lines = (event.lines if isinstance(event, PastOrder) else event.units for event in events)
    return {line.goods.inventory_id for several in lines for line in several}
