"""Which lines of an order a refund belongs to, and how much of each.

A seller's grant is bound to that seller's lines, a return's refund to the lines that came back, a complaint's to the
line it is about. What such refunds promised is kept for them until they are paid, so that whatever is paid first, no
seller bears what another granted.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
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
_REPRICE = text(
    "UPDATE order_returns SET items = CAST(:items AS jsonb), refund_minor = :refund_minor, updated_at = now() "
    "WHERE id = :id"
)
# Complaints stand above orders: of them only this is read here.
_COMPLAINED_LINE = text("SELECT order_item_id FROM complaints WHERE id = :id")

Rows = Sequence[Row[Any]]


class Claim(NamedTuple):
    """A refund as its order's lines see it.

    Of a return, a complaint, a cancellation, of `seller_id`'s lines, or of all lines.
    """

    amount_minor: int
    cause_type: str
    cause_id: UUID
    seller_id: UUID | None = None


async def refundable(conn: AsyncConnection, order_id: UUID, seller_id: UUID, promised: Sequence[Claim]) -> int:
    """What a seller's lines still cost the shopper after the refunds that are `promised` of them, in minor units."""
    rows = await queries.lines(conn, order_id)
    free = await _free(conn, rows, promised)
    return sum(minor for row, minor in zip(rows, free, strict=True) if row.seller_id == seller_id)


async def free(conn: AsyncConnection, order_id: UUID, order_item_id: UUID | None, promised: Sequence[Claim]) -> int:
    """What a line, or all of the order's, still cost the shopper after the refunds that are `promised` of them."""
    rows = await queries.lines(conn, order_id)
    left = await _free(conn, rows, promised)
    return sum(minor for row, minor in zip(rows, left, strict=True) if order_item_id in (None, row.id))


async def reprice(conn: AsyncConnection, return_id: UUID, promised: Sequence[Claim]) -> int:
    """Lower the lines of a return to what is free of them by now; what the return may give back, in minor units.

    The order's row must be locked.
    """
    found = await queries.returned_goods(conn, return_id)
    rows = await queries.lines(conn, found.order_id)
    free = {str(row.id): minor for row, minor in zip(rows, await _free(conn, rows, promised), strict=True)}
    items = [item | {"refund_minor": min(item["refund_minor"], free[item["order_item_id"]])} for item in found.items]
    whole: int = sum(item["refund_minor"] for item in items)
    if whole != found.refund_minor:
        lowered = {"id": return_id, "items": msgspec.json.encode(items).decode(), "refund_minor": whole}
        await conn.execute(_REPRICE, lowered)
    return whole


async def give_back(
    conn: AsyncConnection, order_id: UUID, claim: Claim, promised: Sequence[Claim]
) -> list[RefundedLine]:
    """Spread a refund over the order's lines and note it on them; the caller books what it gets.

    A return's refund goes to its lines with their units, a cancellation's to all lines with all units, any other
    spreads over the lines (of the claim's seller, when a seller grants it) in proportion to what is free of them,
    without units. `promised` are the order's other refunds under way. The order's row must be locked.
    """
    rows = await queries.lines(conn, order_id)
    weights = await _weights(conn, rows, await _free(conn, rows, promised), claim)
    units = await _units(conn, rows, claim)
    given = [
        _refunded(row, part, back)
        for row, part, back in zip(rows, _parts(rows, weights, claim.amount_minor), units, strict=True)
        if part or (claim.cause_type == "cancel" and row.total_minor == 0)
    ]
    amounts = {"ids": [line.sold.order_item_id for line in given], "amounts": [line.amount_minor for line in given]}
    await conn.execute(_NOTE, amounts)
    return given


def _refunded(row: Row[Any], part: int, units: int) -> RefundedLine:
    """What goes back of a line; of one that cost nothing it is the units alone."""
    return RefundedLine(
        sold=queries.sold(row),
        amount_minor=part,
        before_minor=row.refunded_minor,
        units=units,
        units_before=row.returned_quantity,
    )


async def _free(conn: AsyncConnection, rows: Rows, promised: Sequence[Claim]) -> list[int]:
    """Per line what is left of it and promised to nobody; what is bound to single lines comes first."""
    free = [_left(row) for row in rows]
    for claim in sorted(promised, key=lambda claim: claim.cause_type not in ("return", "complaint")):
        parts = shares(claim.amount_minor, await _weights(conn, rows, free, claim))
        free = [max(rest - part, 0) for rest, part in zip(free, parts, strict=True)]
    return free


async def _weights(conn: AsyncConnection, rows: Rows, free: Sequence[int], claim: Claim) -> list[int]:
    if claim.cause_type == "return":
        found = await queries.returned_goods(conn, claim.cause_id)
        by_line = {item["order_item_id"]: item["refund_minor"] for item in found.items}
        return [by_line.get(str(row.id), 0) for row in rows]
    if claim.cause_type == "complaint":
        about = await conn.scalar(_COMPLAINED_LINE, {"id": claim.cause_id})
        return [minor if about in (None, row.id) else 0 for row, minor in zip(rows, free, strict=True)]
    return [minor if claim.seller_id in (None, row.seller_id) else 0 for row, minor in zip(rows, free, strict=True)]


async def _units(conn: AsyncConnection, rows: Rows, claim: Claim) -> list[int]:
    if claim.cause_type == "return":
        found = await queries.returned_goods(conn, claim.cause_id)
        by_line = {item["order_item_id"]: item["quantity"] for item in found.items}
        return [by_line.get(str(row.id), 0) for row in rows]
    return [row.quantity - row.returned_quantity if claim.cause_type == "cancel" else 0 for row in rows]


def _left(row: Row[Any]) -> int:
    return int(row.total_minor - row.refunded_minor)


def _parts(rows: Rows, weights: Sequence[int], amount_minor: int) -> list[int]:
    """The money per line; where a line has less left than its part, the lines of the same sellers share."""
    left = [_left(row) for row in rows]
    parts = shares(amount_minor, weights)
    if sum(parts) == amount_minor and all(part <= rest for part, rest in zip(parts, left, strict=True)):
        return parts
    bound = {row.seller_id for row, weight in zip(rows, weights, strict=True) if weight}
    own = [rest if row.seller_id in bound else 0 for row, rest in zip(rows, left, strict=True)]
    if amount_minor > sum(own):
        raise RefundExceedsCaptured(refundable_minor=sum(own))
    return shares(amount_minor, own)
