"""Which lines of an order a refund belongs to, and how much of each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import RefundExceedsCaptured
from api.ledger.service import RefundedLine
from api.money import shares
from api.orders import queries

_NOTE = text(
    "UPDATE order_items i SET refunded_minor = i.refunded_minor + n.amount "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:amounts AS bigint[])) AS n (id, amount) WHERE i.id = n.id"
)


async def refundable(conn: AsyncConnection, order_id: UUID, seller_id: UUID) -> int:
    """What a seller's lines of the order still cost the shopper, in minor units."""
    return sum(_left(row) for row in await queries.lines(conn, order_id) if row.seller_id == seller_id)


async def give_back(
    conn: AsyncConnection,
    order_id: UUID,
    amount_minor: int,
    *,
    cause_type: str,
    cause_id: UUID,
    seller_id: UUID | None = None,
) -> list[RefundedLine]:
    """Spread a refund over the order's lines and note it on them; the caller books what it gets.

    A return's refund goes to its lines with their units, a cancellation's to all lines with all units, any other
    spreads over the lines (of `seller_id`, when a seller grants it) in proportion to what is left of them, without
    units. The order's row must be locked.
    """
    rows = await queries.lines(conn, order_id)
    goods = await _goods_back(conn, rows, cause_type, cause_id)
    if seller_id:
        goods = [(0, _left(row) if row.seller_id == seller_id else 0) for row in rows]
    parts = _parts(rows, goods, amount_minor)
    given = [
        RefundedLine(sold=queries.sold(row), amount_minor=part, before_minor=row.refunded_minor, units=units)
        for row, part, (units, _) in zip(rows, parts, goods, strict=True)
        if part
    ]
    amounts = {"ids": [line.sold.order_item_id for line in given], "amounts": [line.amount_minor for line in given]}
    await conn.execute(_NOTE, amounts)
    return given


async def _goods_back(
    conn: AsyncConnection, rows: Sequence[Row[Any]], cause_type: str, cause_id: UUID
) -> list[tuple[int, int]]:
    """Per line: the units that come back with the money, and the weight of the line in the refund."""
    if cause_type == "return":
        found = await queries.returned_goods(conn, cause_id)
        by_line = {item["order_item_id"]: (item["quantity"], item["refund_minor"]) for item in found.items}
        return [by_line.get(str(row.id), (0, 0)) for row in rows]
    if cause_type == "cancel":
        return [(row.quantity - row.returned_quantity, _left(row)) for row in rows]
    return [(0, _left(row)) for row in rows]


def _left(row: Row[Any]) -> int:
    return int(row.total_minor - row.refunded_minor)


def _parts(rows: Sequence[Row[Any]], goods: Sequence[tuple[int, int]], amount_minor: int) -> list[int]:
    """The money per line; where a line has less left than its part, all lines share by what is left of them."""
    left = [_left(row) for row in rows]
    if amount_minor > sum(left):
        raise RefundExceedsCaptured(refundable_minor=sum(left))
    parts = shares(amount_minor, [weight for _, weight in goods])
    fits = sum(parts) == amount_minor and all(part <= rest for part, rest in zip(parts, left, strict=True))
    return parts if fits else shares(amount_minor, left)
