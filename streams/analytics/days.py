"""The sales of each UTC day, by seller and of all, as they are published: pure."""

from collections.abc import Iterator
from datetime import datetime

from streams.events.ledger import JournalPosted
from streams.events.partitions import PARTITIONS
from streams.ids import text
from streams.ledger.state import COLUMNS, Sales, Sums, Whose, Window, WindowTable
from streams.views import ALL, HOURS_KEPT, DaySales
from streams.views import Sales as Published
from streams.windows import DAY_S, HOUR_S, label, start_of

Day = tuple[str, str, int]
"""Seller id or ALL, currency, and the start of the day in seconds of the epoch."""

_SHOWN = tuple(name for name in COLUMNS if name != "commission_minor")


def days_of(entry: JournalPosted, moment: datetime) -> set[Day]:
    """The days that an entry changes."""
    start = start_of(moment, DAY_S)
    sellers = {text(line.seller_id) for line in entry.lines if line.seller_id is not None}
    return {(scope, entry.currency, start) for scope in (*sellers, ALL)} if sellers else set()


def every_day(sales: Sales) -> set[Day]:
    """All days on which something was sold."""
    mine = {(*whose, start) for start in sales.days.starts() for whose, _ in sales.days.at(start)}
    return mine | {(ALL, currency, start) for _, currency, start in mine}


def sales_of(sales: Sales, day: Day, now: datetime) -> DaySales:
    """The sales of a day, by hour too when it is one of the last."""
    whose, start = (day[0], day[1]), day[2]
    hours = range(start, start + DAY_S, HOUR_S) if start >= start_of(now, DAY_S) - HOURS_KEPT * DAY_S else ()
    by_hour = {(at - start) // HOUR_S: _sums(sales.hours, whose, at) for at in hours}
    return DaySales(
        day=_published(_sums(sales.days, whose, start) or Sums()),
        hours={hour: _published(sums) for hour, sums in by_hour.items() if sums is not None},
    )


def _sums(table: WindowTable, whose: Whose, start: int) -> Sums | None:
    found = list(_everybodys(table, whose[1], start) if whose[0] == ALL else _sellers(table, whose, start))
    total = Sums()
    for window in found:
        total.add(window)
    return total if found else None


def _everybodys(table: WindowTable, currency: str, start: int) -> Iterator[Window]:
    return (window for whose, window in table.at(start) if whose[1] == currency)


def _sellers(table: WindowTable, whose: Whose, start: int) -> Iterator[Window]:
    name = f"{whose[0]}|{whose[1]}|{label(start, table.size_s)}"
    parts = (table.values.get(f"{partition}|{name}") for partition in range(PARTITIONS))
    return (part for part in parts if part is not None)


def _published(sums: Sums) -> Published:
    return Published(net_minor=sums.net_minor, **{name: getattr(sums, name) for name in _SHOWN})
