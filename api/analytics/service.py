"""Sales as they are answered: out of the read models, and in groups out of the ledger."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.analytics import periods, queries, read_models
from api.analytics.periods import Period
from api.analytics.schemas import (
    DashboardAnswer,
    DashboardWanted,
    Group,
    Interval,
    OrdersAnswer,
    OrdersWanted,
    PeriodSales,
    Point,
    SalesWanted,
)
from api.auth import Identity
from api.cache import Cache
from api.errors import NotFound
from api.ledger import queries as ledger
from api.schemas import CompleteUpTo
from api.sellers import queries as sellers
from streams.views import Published, Sales, average


class Whose(NamedTuple):
    """A seller's sales or, without one, everybody's, in one currency (R-ANA-6, R-ANA-8)."""

    seller_id: UUID | None
    currency: str


class Stretch(NamedTuple):
    """How time was cut, and up to where the sales are complete."""

    interval: Interval
    asked: Period
    cut: Published


async def whose(conn: AsyncConnection, caller: Identity, wanted: SalesWanted, platform_currency: str) -> Whose:
    """Whose sales a caller may ask for; NotFound for another seller's."""
    seller_id = wanted.seller_id or (None if caller.operator else caller.seller_id)
    if seller_id is None:
        return Whose(None, wanted.currency or platform_currency)
    if not caller.owns(seller_id):
        raise NotFound
    row = await sellers.one(conn, seller_id)
    if row is None:
        raise NotFound
    return Whose(seller_id, wanted.currency or row.currency)


async def dashboard(conn: AsyncConnection, cache: Cache, of: Whose, wanted: DashboardWanted) -> DashboardAnswer:
    """The numbers of a period, of the one before it if wanted, and what stands in the shop now."""
    today = ids.now().date()
    asked = periods.period(wanted, today)
    periods.require_kept(asked, today)
    compared = [asked, *([asked.before] if wanted.compare else [])]
    periods.require_kept(compared[-1], today, "compare")
    found = await read_models.days(cache, *of, [day for each in compared for day in each.days])
    counted = [await queries.registrations(conn, each) if of.seller_id is None else None for each in compared]
    now, *before = [_period(each, found, new) for each, new in zip(compared, counted, strict=True)]
    shop = await queries.on_sale(conn, of.seller_id)
    return DashboardAnswer(
        **now,
        seller_id=of.seller_id,
        currency=of.currency,
        open_complaints=await queries.open_complaints(conn, of.seller_id),
        low_stock=shop.low_stock,
        rating_average=average(shop.rating_sum, shop.rating_count),
        rating_count=shop.rating_count,
        before=PeriodSales(**before[0]) if before else None,
        complete_up_to=CompleteUpTo.model_validate(found.complete_up_to),
    )


def _period(period: Period, found: read_models.Days, registrations: int | None) -> dict[str, Any]:
    sales = found.total(period.days)
    final = found.complete_up_to.is_final(period.end)
    days = {"since": period.first, "until": period.last}
    return days | _shown(sales) | {"registrations": registrations, "final": final}


def _shown(sales: Sales) -> dict[str, Any]:
    sold = sales.gross_minor - sales.discount_minor
    mean = (2 * sold + sales.orders) // (2 * sales.orders) if sales.orders else None
    return {name: getattr(sales, name) for name in Sales.__struct_fields__} | {"aov_minor": mean}


async def by_time(cache: Cache, of: Whose, wanted: OrdersWanted) -> OrdersAnswer:
    """Sales by time out of the read models, each stretch there, with zeroes where nothing was."""
    today = ids.now().date()
    asked, hourly = periods.period(wanted, today), wanted.interval == "hour"
    periods.require_kept(asked, today, by_hour=hourly)
    found = await read_models.days(cache, *of, asked.days)
    parts = found.by_hour() if hourly else found.at_midnight()
    points = read_models.gathered(parts, periods.starts(asked, wanted.interval), wanted.interval)
    stretch = Stretch(wanted.interval, asked, found.complete_up_to)
    return OrdersAnswer(
        **of._asdict(),
        items=[_point(start, sales, stretch) for start, sales in points.items()],
        source="redis",
        complete_up_to=CompleteUpTo.model_validate(found.complete_up_to),
    )


async def grouped(conn: AsyncConnection, of: Whose, wanted: OrdersWanted, group: Group) -> OrdersAnswer:
    """Sales by time and group out of the ledger: the read models know neither the order's state nor its address."""
    asked = periods.period(wanted, ids.now().date())
    cut = Published(await ledger.cut(conn), ids.now())
    rows = await queries.grouped(conn, cut.tx, asked, of, (wanted.interval, group))
    if len(rows) > queries.MOST_POINTS:
        raise periods.wrong("interval", "more than 1,000 points; ask for longer stretches or fewer days")
    stretch = Stretch(wanted.interval, asked, cut)
    return OrdersAnswer(
        **of._asdict(),
        items=[_point(row.start.replace(tzinfo=UTC), _sales(row), stretch, row.group) for row in rows],
        source="postgres",
        complete_up_to=CompleteUpTo.model_validate(cut),
    )


def _sales(row: Any) -> Sales:
    sums = {name: int(getattr(row, name)) for name in queries.SUMS}
    net = sums["gross_minor"] - sums["discount_minor"] - sums["refund_minor"] - sums["tax_minor"]
    return Sales(**sums, net_minor=net, orders=row.orders)


def _point(start: datetime, sales: Sales, stretch: Stretch, group: str | None = None) -> Point:
    end = min(periods.end_of(start, stretch.interval), stretch.asked.end)
    final = stretch.cut.is_final(end)
    return Point(start=max(start, stretch.asked.since), group=group, final=final, **_shown(sales))
