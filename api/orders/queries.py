"""What other domains and the reactor read of an order."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Label, Row, ScalarSelect, Select, Text, cast, exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import NotFound
from api.ledger.service import Charge, SoldLine
from api.orders import charges, kept
from api.orders.models import order_items, order_returns, orders
from streams.events import Item

_MONEY = text(
    "SELECT CAST(coalesce(sum(captured_minor - refunded_minor), 0) AS bigint) FROM payments WHERE order_id = :order_id"
)
_CAPTURES = text(
    "SELECT o.amount_minor FROM payment_operations o JOIN payments p ON p.id = o.payment_id "
    "WHERE p.order_id = :order_id AND p.status NOT IN ('failed', 'expired', 'cancelled') "
    "AND o.kind = 'capture' AND o.status = 'succeeded' ORDER BY o.id"
)
_PICKED_UP = text(
    "SELECT EXISTS (SELECT FROM shipments WHERE order_id = :order_id AND kind = 'outbound' "
    "AND status NOT IN ('pending', 'cancelled'))"
)
_OPEN_PARCELS = text(
    'SELECT count(*) AS "all", '
    "count(*) FILTER (WHERE status = 'pending') AS waiting, "
    "count(*) FILTER (WHERE status NOT IN ('delivered', 'returned')) AS undelivered, max(shipped_at) AS last_left_at"
    ", max(delivered_at) AS last_came_at FROM shipments "
    "WHERE order_id = :order_id AND kind = 'outbound' AND status <> 'cancelled'"
)
_ALL_BACK = text(
    "SELECT bool_and(status = 'returned') FROM shipments "
    "WHERE order_id = :order_id AND kind = 'outbound' AND status <> 'cancelled'"
)
_DELIVERED_SELLERS = text(
    "SELECT seller_id FROM shipments WHERE order_id = :order_id AND kind = 'outbound' AND status = 'delivered'"
)
_UNDELIVERED_SELLERS = text(
    "SELECT seller_id FROM shipments WHERE order_id = :order_id AND kind = 'outbound' "
    "AND status IN ('returned', 'cancelled')"
)
_SENT_BACK = text(
    "SELECT DISTINCT CAST(jsonb_object_keys(shipping) AS uuid) FROM order_returns "
    "WHERE order_id = :order_id AND status = 'received'"
)
_BOUGHT = text("SELECT EXISTS (SELECT FROM orders WHERE cart_id = :cart_id AND status <> 'cancelled')")
_IN_CASH = text(
    "SELECT EXISTS (SELECT FROM payments WHERE order_id = :order_id AND gateway = 'cod' "
    "AND status NOT IN ('failed', 'expired', 'cancelled'))"
)
_BEING_PAID = text(
    "SELECT EXISTS (SELECT FROM payments WHERE order_id = :order_id "
    "AND status NOT IN ('failed', 'expired', 'cancelled'))"
)
_OVERDUE = text(
    "SELECT id FROM orders WHERE status = 'pending' AND hold_expires_at < now() AND NOT EXISTS (SELECT FROM payments p "
    "WHERE p.order_id = orders.id AND p.status NOT IN ('failed', 'expired', 'cancelled')) "
    "ORDER BY hold_expires_at LIMIT :limit"
)
_ANOTHERS = cast(literal("$[*] ? (@.seller_id != $seller)"), JSONPATH)


async def read(conn: AsyncConnection, order_id: UUID) -> Row[Any]:
    """An order's row; NotFound."""
    row = kept.order(conn, order_id)
    row = row or (await conn.execute(select(orders).where(orders.c.id == order_id))).one_or_none()
    if row is None:
        raise NotFound
    return row


async def locked(conn: AsyncConnection, order_id: UUID) -> Row[Any]:
    """An order's row, locked until the transaction ends: every step of its life takes this lock first (R-ORD-14)."""
    known = kept.order(conn, order_id)
    if known:
        return known
    row = (await conn.execute(select(orders).where(orders.c.id == order_id).with_for_update())).one_or_none()
    if row is None:
        raise NotFound
    return kept.keep(conn, row)


async def lines(conn: AsyncConnection, order_id: UUID) -> Sequence[Row[Any]]:
    """The order's lines, in their order."""
    known = kept.lines(conn, order_id)
    if known is not None:
        return known
    statement = select(order_items).where(order_items.c.order_id == order_id).order_by(order_items.c.line_no)
    return kept.keep_lines(conn, order_id, (await conn.execute(statement)).all())


async def sold_lines(conn: AsyncConnection, order_id: UUID) -> list[SoldLine]:
    """The order's lines as the ledger books them."""
    return [sold(row) for row in await lines(conn, order_id)]


async def sale(conn: AsyncConnection, order_id: UUID) -> tuple[list[SoldLine], list[Charge]]:
    """The order's lines and its shipping as the ledger books them; NotFound."""
    both = select(order_items, orders.c.shipping_options).join_from(order_items, orders)
    rows = (await conn.execute(both.where(orders.c.id == order_id).order_by(order_items.c.line_no))).all()
    if not rows:
        raise NotFound
    return sale_of(rows)


def sale_of(rows: Sequence[Row[Any]]) -> tuple[list[SoldLine], list[Charge]]:
    """The same out of rows of an order's lines that have its `shipping_options` beside them."""
    return [sold(row) for row in rows], charges.booked(charges.of_order(rows[0]))


def sold(row: Row[Any]) -> SoldLine:
    """One order line as the ledger books it."""
    return SoldLine(
        order_item_id=row.id,
        product_id=row.product_id,
        seller_id=row.seller_id,
        quantity=row.quantity,
        total_minor=row.total_minor,
        discount_minor=row.discount_minor,
        platform_discount_minor=row.platform_discount_minor,
        tax_minor=row.tax_minor,
        commission_bp=row.commission_bp,
    )


async def goods(conn: AsyncConnection, order_id: UUID) -> list[Item]:
    """Products and units of the order."""
    return [Item(product_id=row.product_id, quantity=row.quantity) for row in await lines(conn, order_id)]


async def money_kept(conn: AsyncConnection, order_id: UUID) -> int:
    """What was captured for the order and not given back, in minor units."""
    return int(await conn.scalar(_MONEY, {"order_id": order_id}) or 0)


async def captures(conn: AsyncConnection, order_id: UUID) -> Sequence[int]:
    """What was captured for the order, one amount after the other."""
    return (await conn.execute(_CAPTURES, {"order_id": order_id})).scalars().all()


async def being_paid(conn: AsyncConnection, order_id: UUID) -> bool:
    """Whether the order has a payment that has succeeded or still may."""
    return bool(await conn.scalar(_BEING_PAID, {"order_id": order_id}))


async def in_cash(conn: AsyncConnection, order_id: UUID) -> bool:
    """Whether the order is paid at the door, whatever was meant at its checkout."""
    return bool(await conn.scalar(_IN_CASH, {"order_id": order_id}))


async def picked_up(conn: AsyncConnection, order_id: UUID) -> bool:
    """Whether a parcel of the order has left its seller."""
    return bool(await conn.scalar(_PICKED_UP, {"order_id": order_id}))


async def bought(conn: AsyncConnection, cart_id: UUID) -> bool:
    """Whether an order stands on the cart; lock the cart before asking."""
    return bool(await conn.scalar(_BOUGHT, {"cart_id": cart_id}))


async def delivered_sellers(conn: AsyncConnection, order_id: UUID) -> frozenset[UUID]:
    """The sellers whose parcels of the order have arrived."""
    return frozenset((await conn.execute(_DELIVERED_SELLERS, {"order_id": order_id})).scalars())


async def undelivered_sellers(conn: AsyncConnection, order_id: UUID) -> frozenset[UUID]:
    """The sellers whose parcels of the order came back or were never sent."""
    return frozenset((await conn.execute(_UNDELIVERED_SELLERS, {"order_id": order_id})).scalars())


async def shipping_back(conn: AsyncConnection, order_id: UUID) -> frozenset[UUID]:
    """The sellers whose shipping went back with goods that came back."""
    return frozenset((await conn.execute(_SENT_BACK, {"order_id": order_id})).scalars())


async def all_came_back(conn: AsyncConnection, order_id: UUID) -> bool:
    """Whether every parcel of the order came back undelivered."""
    return bool(await conn.scalar(_ALL_BACK, {"order_id": order_id}))


async def open_parcels(conn: AsyncConnection, order_id: UUID) -> Row[Any]:
    """How many parcels are not called off (`all`), `waiting` or `undelivered`; when the last one left and came."""
    return (await conn.execute(_OPEN_PARCELS, {"order_id": order_id})).one()


async def returned_goods(conn: AsyncConnection, return_id: UUID) -> Row[Any]:
    """One return; NotFound."""
    row = (await conn.execute(select(order_returns).where(order_returns.c.id == return_id))).one_or_none()
    if row is None:
        raise NotFound
    return row


async def overdue(conn: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Pending orders whose hold has ended without a live payment, the oldest first."""
    return (await conn.execute(_OVERDUE, {"limit": limit})).scalars().all()


async def only_seller(conn: AsyncConnection, order_id: UUID) -> frozenset[UUID]:
    """The seller of all of the order's lines; nobody when several have part in it."""
    found = await sellers(conn, order_id)
    return found if len(found) == 1 else frozenset()


async def sellers(conn: AsyncConnection, order_id: UUID) -> frozenset[UUID]:
    """The sellers of the order's lines."""
    return frozenset((await conn.execute(sellers_of(order_id))).scalars())


def sellers_of(order_id: UUID) -> Select[UUID]:
    """`seller_id`, once of each seller of the order's lines."""
    return select(order_items.c.seller_id).where(order_items.c.order_id == order_id).distinct()


def described(order_id: ColumnElement[UUID]) -> tuple[Label[str], Label[str]]:
    """order_number and currency of an order, as columns of a statement that holds its id."""
    of = select(orders).where(orders.c.id == order_id).correlate_except(orders)
    number, currency = of.with_only_columns(orders.c.order_number), of.with_only_columns(orders.c.currency)
    return number.scalar_subquery().label("order_number"), currency.scalar_subquery().label("currency")


def seller_of(order_item_id: ColumnElement[UUID]) -> ScalarSelect[UUID]:
    """The seller of an order line, as a scalar subquery."""
    lines = select(order_items.c.seller_id).where(order_items.c.id == order_item_id)
    return lines.correlate_except(order_items).scalar_subquery()


def orders_of(seller_id: ColumnElement[UUID]) -> Select[tuple[UUID]]:
    """Ids of the orders whose lines are all of a seller, also of one around the subquery that this is."""
    lines, others = order_items.c, order_items.alias()
    shared = exists().where(others.c.order_id == lines.order_id, others.c.seller_id != seller_id)
    shared = shared.correlate_except(others)
    return select(lines.order_id).where(lines.seller_id == seller_id, ~shared)


def returns_of(seller_id: ColumnElement[UUID]) -> Select[tuple[UUID]]:
    """Ids of the returns whose lines are all of a seller, also of one around the subquery that this is."""
    lines, returns = order_items.c, order_returns.c
    holds = exists().where(lines.order_id == returns.order_id, lines.seller_id == seller_id)
    holds = holds.correlate_except(order_items)
    seller = func.jsonb_build_object("seller", cast(seller_id, Text))
    return select(returns.id).where(holds, ~func.jsonb_path_exists(returns["items"], _ANOTHERS, seller))
