"""Which lines of an order a refund belongs to, how much of each, and how much of the shipping.

A seller's grant is bound to that seller's lines and shipping, a return's refund to the lines that came back and the
shipping that goes back with them, a complaint's to the line it is about, one for goods that were not replaced to their
lines. What such refunds promised is kept for them until they are paid, so that whatever is paid first, no seller bears
what another granted.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import RefundExceedsCaptured
from api.ledger import queries as books
from api.ledger.service import ChargeBack, RefundedLine
from api.orders import charges, queries
from api.orders.service import bill
from api.orders.service.bill import Bill

_NOTE = text(
    "UPDATE order_items i SET refunded_minor = i.refunded_minor + n.amount "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:amounts AS bigint[])) AS n (id, amount) WHERE i.id = n.id"
)
_REPRICE = text(
    "UPDATE order_returns SET items = CAST(:items AS jsonb), shipping = CAST(:shipping AS jsonb), "
    "refund_minor = :refund_minor, updated_at = now() WHERE id = :id"
)
_NOTE_SHIPPING = text("UPDATE orders SET shipping_options = CAST(:charges AS jsonb) WHERE id = :id")
# Complaints stand above orders: of them only this is read here.
_COMPLAINED_LINE = text("SELECT order_item_id FROM complaints WHERE id = :id")
_PARCELS_LINES = text("SELECT order_item_id FROM shipment_items WHERE shipment_id = :id")
BOUND = frozenset({"return", "complaint", "replacement"})
"""Causes of refunds that are bound to single lines."""


class Claim(NamedTuple):
    """A refund as its order's lines see it.

    Of a return, a complaint, a parcel that should have replaced goods, a cancellation, of `seller_id`'s lines, or of
    all lines.
    """

    amount_minor: int
    cause_type: str
    cause_id: UUID
    seller_id: UUID | None = None


class GivenBack(NamedTuple):
    """A refund spread over an order: what of each line, and of each seller's shipping."""

    lines: list[RefundedLine]
    shipping: list[ChargeBack]


async def refundable(conn: AsyncConnection, order_id: UUID, seller_id: UUID, promised: Sequence[Claim]) -> int:
    """What was captured of a seller's lines and shipping and is left after the refunds that are `promised` of them."""
    whole = await bill.of_order(conn, order_id)
    free = await _free(conn, whole, whole.kept, promised)
    return sum(minor for seller, minor in zip(whole.sellers, free, strict=True) if seller == seller_id)


async def free(conn: AsyncConnection, order_id: UUID, order_item_id: UUID | None, promised: Sequence[Claim]) -> int:
    """What a line, or all of the order, still costs the shopper after the refunds that are `promised` of it."""
    whole = await bill.of_order(conn, order_id)
    left = await _free(conn, whole, whole.left, promised)
    return sum(minor for line, minor in zip(whole.lines, left, strict=True) if order_item_id in (None, line))


async def reprice(conn: AsyncConnection, return_id: UUID, promised: Sequence[Claim]) -> int:
    """Lower a return to what was paid of its lines and shipping and is free by now; what it may give back.

    The order's row must be locked.
    """
    found = await queries.returned_goods(conn, return_id)
    whole = await bill.of_order(conn, found.order_id)
    named = zip(whole.lines, whole.sellers, await _free(conn, whole, whole.kept, promised), strict=True)
    free = {str(line or seller): minor for line, seller, minor in named}
    items = [
        item | {"refund_minor": min(item["refund_minor"], free.get(item["order_item_id"], 0))} for item in found.items
    ]
    shipping = {seller: min(minor, free.get(seller, 0)) for seller, minor in found.shipping.items()}
    left: int = sum(item["refund_minor"] for item in items) + sum(shipping.values())
    if left != found.refund_minor:
        lowered = {"items": _json(items), "shipping": _json(shipping), "refund_minor": left}
        await conn.execute(_REPRICE, lowered | {"id": return_id})
    return left


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def give_back(
    conn: AsyncConnection, order_id: UUID, claim: Claim, promised: Sequence[Claim], *, full: bool
) -> GivenBack:
    """Spread a refund over the order and note it on its parts; the caller books what it gets.

    A return's refund goes to its lines with their units and to its shipping, a cancellation's to everything with all
    units, any other spreads over the lines (of the claim's seller, when a seller grants it) in proportion to what is
    free of them, without units. `promised` are the order's other refunds under way. The order's row must be locked.
    With the last of the money (`full`) goes what cost the shopper nothing, unless goods were returned for it.
    """
    whole = await bill.of_order(conn, order_id)
    bound = claim.cause_type in BOUND
    free = await _free(conn, whole, whole.left if bound else whole.kept, promised)
    parts = _parts(whole, await _weights(conn, whole, free, claim), claim.amount_minor)
    ends = claim.cause_type == "cancel" or (full and claim.cause_type != "return")
    given = await _given(conn, whole, claim, parts, await _unpaid(conn, whole) if ends else frozenset())
    await _note(conn, whole, parts)
    return given


async def _given(
    conn: AsyncConnection, whole: Bill, claim: Claim, parts: Sequence[int], unpaid: frozenset[UUID]
) -> GivenBack:
    count, units = len(whole.rows), await _units(conn, whole, claim)
    lines = [
        _refunded(row, part, back, counted=claim.cause_type in ("return", "cancel"))
        for row, part, back in zip(whole.rows, parts[:count], units, strict=True)
        if part or row.id in unpaid
    ]
    shipping = [
        ChargeBack(charge=charge.booked, amount_minor=part, before_minor=charge.refunded_minor)
        for charge, part in zip(whole.charges, parts[count:], strict=True)
        if part or charge.seller_id in unpaid
    ]
    return GivenBack(lines, shipping)


async def _unpaid(conn: AsyncConnection, whole: Bill) -> frozenset[UUID]:
    """Lines, and sellers for their shipping, that cost the shopper nothing and are booked still."""
    lines = {row.id for row in whole.rows if row.total_minor == 0}
    sent = {charge.seller_id for charge in whole.charges if charge.charged_minor == 0}
    if not lines and not sent:
        return frozenset()
    gone = await queries.shipping_back(conn, whole.order_id)
    return await books.standing(conn, whole.order_id) & (lines | sent - gone)


async def _note(conn: AsyncConnection, whole: Bill, parts: Sequence[int]) -> None:
    """Keep on lines and charges what went back of them."""
    count = len(whole.rows)
    await conn.execute(_NOTE, {"ids": [row.id for row in whole.rows], "amounts": list(parts[:count])})
    if any(parts[count:]):
        noted = [
            msgspec.structs.replace(charge, refunded_minor=charge.refunded_minor + part)
            for charge, part in zip(whole.charges, parts[count:], strict=True)
        ]
        await conn.execute(_NOTE_SHIPPING, {"id": whole.order_id, "charges": charges.as_json([*noted, *whole.unpaid])})


def _refunded(row: Row[Any], part: int, units: int, *, counted: bool) -> RefundedLine:
    """What goes back of a line; of one that cost nothing it is the units alone."""
    return RefundedLine(
        sold=queries.sold(row),
        amount_minor=part,
        before_minor=row.refunded_minor,
        units=units,
        units_before=row.returned_quantity,
        counted=counted,
    )


async def _free(conn: AsyncConnection, whole: Bill, left: Sequence[int], promised: Sequence[Claim]) -> list[int]:
    """Per part what of `left` is promised to nobody; what is bound to single lines comes first."""
    free = list(left)
    for claim in sorted(promised, key=lambda claim: claim.cause_type not in BOUND):
        parts = whole.spread(claim.amount_minor, await _weights(conn, whole, free, claim))
        free = [max(rest - part, 0) for rest, part in zip(free, parts, strict=True)]
    return free


async def _weights(conn: AsyncConnection, whole: Bill, free: Sequence[int], claim: Claim) -> list[int]:
    if claim.cause_type == "return":
        found = await queries.returned_goods(conn, claim.cause_id)
        by_line = {item["order_item_id"]: item["refund_minor"] for item in found.items}
        goods = [by_line.get(str(row.id), 0) for row in whole.rows]
        return [*goods, *(found.shipping.get(str(charge.seller_id), 0) for charge in whole.charges)]
    if claim.cause_type == "complaint":
        about = await conn.scalar(_COMPLAINED_LINE, {"id": claim.cause_id})
        return [minor if about in (None, line) else 0 for line, minor in zip(whole.lines, free, strict=True)]
    if claim.cause_type == "replacement":
        held = set((await conn.execute(_PARCELS_LINES, {"id": claim.cause_id})).scalars())
        return [minor if line in held else 0 for line, minor in zip(whole.lines, free, strict=True)]
    return [minor if claim.seller_id in (None, own) else 0 for own, minor in zip(whole.sellers, free, strict=True)]


async def _units(conn: AsyncConnection, whole: Bill, claim: Claim) -> list[int]:
    if claim.cause_type == "return":
        found = await queries.returned_goods(conn, claim.cause_id)
        by_line = {item["order_item_id"]: item["quantity"] for item in found.items}
        return [by_line.get(str(row.id), 0) for row in whole.rows]
    all_of_it = claim.cause_type == "cancel"
    return [left if all_of_it or row.total_minor == 0 else 0 for row, left in zip(whole.rows, whole.units, strict=True)]


def _parts(whole: Bill, weights: Sequence[int], amount_minor: int) -> list[int]:
    """The money per part; where one has less left than its share, the parts of the same sellers share."""
    left = whole.left
    parts = whole.spread(amount_minor, weights)
    if sum(parts) == amount_minor and all(part <= rest for part, rest in zip(parts, left, strict=True)):
        return parts
    bound = {seller for seller, weight in zip(whole.sellers, weights, strict=True) if weight}
    own = [rest if seller in bound else 0 for seller, rest in zip(whole.sellers, left, strict=True)]
    if amount_minor > sum(own):
        raise RefundExceedsCaptured(refundable_minor=sum(own))
    return whole.spread(amount_minor, own)
