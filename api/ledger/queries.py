"""What is read of the books: their cells at a cut, and a seller's balance."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Date, Select, case, cast, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.functions import Function

from api.ledger.models import journal_entries, journal_lines

# Of other domains' tables only whether there is a seller is read here.
_IS_SELLER = text("SELECT EXISTS (SELECT FROM sellers WHERE id = :seller_id)")
_CUT = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")

line, entry = journal_lines.c, journal_entries.c
DAY: ColumnElement[date] = cast(func.timezone("UTC", entry.occurred_at), Date)


def _sum(amount: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Function[Any]:
    chosen = case((_all(conditions), amount), else_=literal_column("0")) if conditions else amount
    return func.coalesce(cast(func.sum(chosen), BigInteger), 0)


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    first, *others = conditions
    for other in others:
        first = first & other
    return first


_of_goods = line.account.in_(("sales", "tax_payable"))
_given_back = line.account.in_(("refunds", "tax_payable"))
_tax = line.account == "tax_payable"
_shipping = line.account == "shipping_income"
_commission = line.account == "commission_charged"

# The definitions of ARCHITECTURE.md, "The books"; ClickHouse has the same in books_day.
_MEASURES = {
    "gross_minor": _sum(line.credit_minor, entry.kind == "sale", _of_goods),
    "discount_minor": _sum(line.debit_minor, line.account == "discounts"),
    "refund_minor": _sum(line.debit_minor, entry.kind == "refund", _given_back),
    "tax_minor": _sum(line.credit_minor - line.debit_minor, _tax),
    "shipping_minor": _sum(line.credit_minor - line.debit_minor, _shipping),
    "commission_minor": _sum(line.debit_minor - line.credit_minor, _commission),
    "units": _sum(line.units, line.account == "sales"),
    "units_returned": _sum(line.units, line.account == "refunds"),
}


class Cell(NamedTuple):
    """One cell of the books: a seller's day in one currency, amounts in minor units."""

    seller_id: UUID
    currency: str
    day: date
    gross_minor: int
    discount_minor: int
    refund_minor: int
    net_minor: int
    tax_minor: int
    shipping_minor: int
    commission_minor: int
    units: int
    units_returned: int


async def cut(conn: AsyncConnection) -> int:
    """X now: the lowest transaction id that still runs; every entry below it is there for good."""
    found = await conn.scalar(_CUT)
    return int(found or 0)


def books_statement(
    complete_to: int,
    *,
    from_day: date | None = None,
    to_day: date | None = None,
    seller_id: UUID | None = None,
    currency: str | None = None,
) -> Select[Any]:
    """The cells of `books`, unordered, with the columns of Cell."""
    by = (line.seller_id, entry.currency, DAY.label("day"))
    cells = _measured(
        by, complete_to, from_day=from_day, to_day=to_day, seller_id=seller_id, currency=currency
    ).subquery("cells")
    net = cells.c.gross_minor - cells.c.discount_minor - cells.c.refund_minor - cells.c.tax_minor
    return select(*(net.label(name) if name == "net_minor" else cells.c[name] for name in Cell._fields))


def sales_statement(
    complete_to: int, *, from_day: date, to_day: date, seller_id: UUID | None, currency: str
) -> Select[Any]:
    """The same sums by order, product and UTC hour (columns `order_id`, `product_id`, `hour`), for grouping further.

    `sold` says whether money for the order was captured then.
    """
    hour = func.date_trunc("hour", func.timezone("UTC", entry.occurred_at)).label("hour")
    by = (entry.order_id, line.product_id, hour)
    sold = func.bool_or((entry.kind == "sale") & (line.account == "sales")).label("sold")
    return _measured(
        by, complete_to, from_day=from_day, to_day=to_day, seller_id=seller_id, currency=currency
    ).add_columns(sold)


def _measured(
    by: Sequence[ColumnElement[Any]],
    complete_to: int,
    *,
    from_day: date | None,
    to_day: date | None,
    seller_id: UUID | None,
    currency: str | None,
) -> Select[Any]:
    statement = (
        select(*by, *(m.label(n) for n, m in _MEASURES.items()))
        .join_from(journal_lines, journal_entries, entry.id == line.entry_id)
        .where(line.seller_id.is_not(None), entry.tx < complete_to)
        .group_by(*by)
    )
    if from_day:
        statement = statement.where(entry.occurred_at >= datetime.combine(from_day, time.min, UTC))
    if to_day:
        statement = statement.where(entry.occurred_at <= datetime.combine(to_day, time.max, UTC))
    if seller_id:
        statement = statement.where(line.seller_id == seller_id)
    if currency:
        statement = statement.where(entry.currency == currency)
    return statement


async def books(
    conn: AsyncConnection,
    complete_to: int,
    *,
    from_day: date | None = None,
    to_day: date | None = None,
    seller_id: UUID | None = None,
    currency: str | None = None,
) -> list[Cell]:
    """The core's side of the books at the cut `complete_to` (entries with tx below it), by seller, currency, UTC day.

    Days are inclusive. Cells in which everything is 0 are there as long as lines exist.
    """
    statement = books_statement(
        complete_to, from_day=from_day, to_day=to_day, seller_id=seller_id, currency=currency
    ).order_by("seller_id", "currency", "day")
    return [Cell._make(row) for row in await conn.execute(statement)]


async def is_seller(conn: AsyncConnection, seller_id: UUID) -> bool:
    """Whether there is such a seller."""
    return bool(await conn.scalar(_IS_SELLER, {"seller_id": seller_id}))


async def taken_back(conn: AsyncConnection, cause_type: str, cause_id: UUID) -> bool:
    """Whether what a cause takes back of a sale is booked."""
    statement = select(entry.id).where(
        entry.kind == "refund", entry.cause_type == cause_type, entry.cause_id == cause_id
    )
    return await conn.scalar(statement) is not None


async def standing(conn: AsyncConnection, order_id: UUID) -> frozenset[UUID]:
    """Of what of an order something is booked still: ids of its lines, and of sellers for their shipping."""
    part = func.coalesce(line.order_item_id, line.seller_id)
    of_parts = line.account.in_(("sales", "discounts", "refunds", "shipping_income"))
    statement = (
        select(part)
        .join_from(journal_lines, journal_entries, entry.id == line.entry_id)
        .where(entry.order_id == order_id, of_parts)
        .group_by(part)
        .having(func.sum(line.credit_minor - line.debit_minor) != 0)
    )
    return frozenset((await conn.execute(statement)).scalars())


BALANCE_ACCOUNTS = ("sales", "discounts", "refunds", "shipping_income", "commission_charged", "payouts")


async def balances(conn: AsyncConnection, seller_id: UUID, currency: str | None) -> dict[str, dict[str, int]]:
    """Credits less debits of the seller's accounts, by currency and account; accounts without lines are absent."""
    statement = (
        select(entry.currency, line.account, _sum(line.credit_minor - line.debit_minor).label("balance"))
        .join_from(journal_lines, journal_entries, entry.id == line.entry_id)
        .where(line.seller_id == seller_id, line.account.in_(BALANCE_ACCOUNTS))
        .group_by(entry.currency, line.account)
        .order_by(entry.currency)
    )
    if currency:
        statement = statement.where(entry.currency == currency)
    found: dict[str, dict[str, int]] = {}
    for row in await conn.execute(statement):
        found.setdefault(row.currency, {})[row.account] = row.balance
    return found
