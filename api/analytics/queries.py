"""Pages of the books, by seller, currency and day; sales in groups; what stands in the shop now."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, String, Text, cast, column, func, or_, select, table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from api.analytics.periods import Period
from api.analytics.schemas import BooksWanted, Group, Interval
from api.inventory.queries import available_of
from api.ledger import queries as ledger
from api.pagination import Keyset, Slice
from api.sellers import queries as sellers

MOST_POINTS = 1000
SUMS = (
    "gross_minor", "discount_minor", "refund_minor", "tax_minor", "shipping_minor", "units", "units_returned",
)  # fmt: skip

_orders = table("orders", column("id"), column("status"), column("payment_method"), column("shipping_address", JSONB))
_products = table(
    "products",
    column("id"), column("seller_id"), column("category_id"), column("status"), column("rating_sum"),
    column("rating_count"),
)  # fmt: skip
_GROUPS: Mapping[Group, ColumnElement[Any]] = {
    "status": _orders.c.status,
    "payment_method": _orders.c.payment_method,
    "area": _orders.c.shipping_address["province_id"].astext,
    "category": cast(_products.c.category_id, Text),
}

_OPEN_COMPLAINTS = text("SELECT count(*) FROM complaints WHERE status IN ('open', 'under_review')")
# About a line of the seller's, or about a whole order of which every line is.
_OPEN_COMPLAINTS_OF = text("""
SELECT count(*) FROM complaints c
WHERE c.status IN ('open', 'under_review') AND CASE
    WHEN c.order_item_id IS NOT NULL THEN
        EXISTS (SELECT FROM order_items i WHERE i.id = c.order_item_id AND i.seller_id = :seller_id)
    ELSE (SELECT bool_and(i.seller_id = :seller_id) FROM order_items i WHERE i.order_id = c.order_id) END
""")
_REGISTRATIONS = text("SELECT count(*) FROM users WHERE created_at >= :since AND created_at < :until")


async def page_of_books(conn: AsyncConnection, wanted: BooksWanted, complete_to: int, *, secret: str) -> Slice:
    """Cells at the cut in order of seller, currency and day; CursorInvalid for a cursor of another cut or filter."""
    cells = ledger.books_statement(
        complete_to,
        from_day=wanted.since,
        to_day=wanted.until,
        seller_id=wanted.seller_id,
        currency=wanted.currency,
    ).subquery()
    place = func.concat(cast(cells.c.seller_id, String), " ", cells.c.currency, " ", cast(cells.c.day, String))
    filters = wanted.filters | {"complete_to": complete_to}
    keyset = Keyset(secret, "cell", place, cells.c.seller_id, filters)
    return await keyset.read(conn, select(cells), wanted)


async def open_complaints(conn: AsyncConnection, seller_id: UUID | None) -> int:
    """Complaints that wait for an answer, of a seller or of all."""
    if seller_id is None:
        return await conn.scalar(_OPEN_COMPLAINTS) or 0
    return await conn.scalar(_OPEN_COMPLAINTS_OF, {"seller_id": seller_id}) or 0


async def registrations(conn: AsyncConnection, period: Period) -> int:
    """New accounts of some days."""
    return await conn.scalar(_REGISTRATIONS, {"since": period.since, "until": period.end}) or 0


async def on_sale(conn: AsyncConnection, seller_id: UUID | None) -> Row[Any]:
    """Of the products on sale: `low_stock`, `rating_sum` and `rating_count`."""
    shops = sellers.listed(None, None).subquery("shops")
    is_low = available_of(_products.c.id) <= shops.c.low_stock_threshold
    statement = (
        select(
            func.count().filter(is_low).label("low_stock"),
            func.coalesce(func.sum(_products.c.rating_sum), 0).label("rating_sum"),
            func.coalesce(func.sum(_products.c.rating_count), 0).label("rating_count"),
        )
        .join_from(_products, shops, shops.c.id == _products.c.seller_id)
        .where(_products.c.status == "active")
    )
    if seller_id:
        statement = statement.where(_products.c.seller_id == seller_id)
    return (await conn.execute(statement)).one()


async def grouped(
    conn: AsyncConnection,
    complete_to: int,
    period: Period,
    whose: tuple[UUID | None, str],
    by: tuple[Interval, Group],
) -> Sequence[Row[Any]]:
    """Sales at a cut by when a stretch begins and a group, in that order; one more than MOST_POINTS at most."""
    seller_id, currency = whose
    sales = ledger.sales_statement(
        complete_to, from_day=period.first, to_day=period.last, seller_id=seller_id, currency=currency
    ).subquery("sales")
    start, group = func.date_trunc(by[0], sales.c.hour).label("start"), _GROUPS[by[1]].label("group")
    statement = (
        select(start, group, *(func.sum(sales.c[name]).label(name) for name in SUMS))
        .add_columns(func.count(sales.c.order_id.distinct()).filter(sales.c.sold).label("orders"))
        .join_from(sales, _orders, _orders.c.id == sales.c.order_id)
        .outerjoin(_products, _products.c.id == sales.c.product_id)
        .group_by(start, group)
        .having(or_(*(func.bool_or(sales.c[name] != 0) for name in SUMS)))
        .order_by(start, group)
        .limit(MOST_POINTS + 1)
    )
    return (await conn.execute(statement)).all()
