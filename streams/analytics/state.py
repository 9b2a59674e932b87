"""Today's numbers of each seller and of all, out of the hour windows: pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

from streams.events.partitions import PARTITIONS
from streams.ledger.state import COLUMNS, Sales, Sums, Window
from streams.progress import Cut
from streams.views import ALL, Dashboard, HourSales
from streams.windows import DAY_S, HOUR_S, is_final, label, start_of

Scope = tuple[str, str]
"""Seller id or ALL, and currency."""

_SHOWN = tuple(name for name in COLUMNS if name != "commission_minor")


def dashboards(sales: Sales, cut: Cut | None, now: datetime) -> Iterator[tuple[Scope, Dashboard]]:
    """Today's dashboard of every seller that sold in 13 months, and of all, per currency; zeroes where nothing was."""
    today = start_of(now, DAY_S)
    for scope, by_hour in _by_scope(sales, today).items():
        yield scope, _dashboard(by_hour, cut, today)


def _by_scope(sales: Sales, today: int) -> dict[Scope, dict[int, Sums]]:
    found: dict[Scope, dict[int, Sums]] = {}
    starts = range(today, today + DAY_S, HOUR_S)
    for seller_id, currency in sales.days.whose:
        mine, everybodys = found.setdefault((seller_id, currency), {}), found.setdefault((ALL, currency), {})
        for start, partition in product(starts, range(PARTITIONS)):
            window = sales.hours.values.get(f"{partition}|{seller_id}|{currency}|{label(start, HOUR_S)}")
            if window is not None:
                _add(everybodys, start, window)
                if mine is not everybodys:
                    _add(mine, start, window)
    return found


def _add(by_hour: dict[int, Sums], start: int, window: Window) -> None:
    by_hour.setdefault(start, Sums()).add(window)


def _dashboard(by_hour: dict[int, Sums], cut: Cut | None, today: int) -> Dashboard:
    total = Sums()
    for sums in by_hour.values():
        total.add(sums)
    return Dashboard(
        day=datetime.fromtimestamp(today, UTC).date().isoformat(),
        complete_up_to=cut.complete_to if cut else None,
        complete_at=cut.marked_at.isoformat() if cut else None,
        net_minor=total.net_minor,
        hours=tuple(_hour(start, sums, cut, today) for start, sums in sorted(by_hour.items())),
        **{name: getattr(total, name) for name in _SHOWN},
    )


def _hour(start: int, sums: Sums, cut: Cut | None, today: int) -> HourSales:
    return HourSales(
        hour=(start - today) // HOUR_S,
        net_minor=sums.net_minor,
        final=is_final(start, HOUR_S, cut.marked_at if cut else None),
        **{name: getattr(sums, name) for name in _SHOWN},
    )
