"""Goods on their way back: asked for by the shopper within 30 days, received by the seller (E-ORD-10, E-ORD-11)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.errors import Forbidden, NotFound, OrderState, RefundExceedsCaptured, ReturnWindowClosed, ValidationFailed
from api.money import in_turn
from api.orders import queries
from api.orders.models import order_returns
from api.orders.returned import NewReturn, Reception
from api.orders.service.sent_back import shipping_of
from api.orders.states import WINDOW, after, may
from api.outbox import Fact
from api.sellers import queries as sellers
from streams.events.orders import OrderEvent, OrderReturned, ReturnedLine, ReturnRejected, ReturnRequested

_OPEN = text(
    "INSERT INTO order_returns (id, order_id, user_id, reason, note, items, shipping, refund_minor, status) VALUES "
    "(:id, :order_id, :user_id, :reason, :note, CAST(:items AS jsonb), CAST(:shipping AS jsonb), :refund_minor, "
    "'requested')"
)
_CLOSE = text(
    "UPDATE order_returns SET status = :status, restock = :restock, reception_note = :note, "
    "refund_minor = :refund_minor, items = CAST(:items AS jsonb), shipping = CAST(:shipping AS jsonb), "
    "received_at = :moment, updated_at = :moment "
    "WHERE id = :id"
)
_UNITS = text(
    "UPDATE order_items i SET returned_quantity = i.returned_quantity + n.quantity "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:quantities AS int[])) AS n (id, quantity) WHERE i.id = n.id"
)
_GIVEN = text(
    "SELECT CAST(item ->> 'order_item_id' AS uuid) AS id, "
    "CAST(sum(CAST(item ->> 'refund_minor' AS bigint)) AS bigint) AS minor "
    "FROM order_returns r, jsonb_array_elements(r.items) AS item "
    "WHERE r.order_id = :order_id AND r.status = 'received' GROUP BY 1"
)
_STATUS = text("UPDATE orders SET version = :version, status = :status, updated_at = now() WHERE id = :id")


class Back(NamedTuple):
    """What of an order comes back: lines, and by seller the shipping that goes back with them."""

    lines: tuple[ReturnedLine, ...]
    shipping: Mapping[UUID, int] = {}

    @property
    def refund_minor(self) -> int:
        """What is given back for all of it."""
        return sum(line.refund_minor for line in self.lines) + sum(self.shipping.values())

    @property
    def columns(self) -> dict[str, Any]:
        """As the return's row keeps it."""
        return {
            "items": msgspec.json.encode(self.lines).decode(),
            "shipping": msgspec.json.encode(self.shipping).decode(),
            "refund_minor": self.refund_minor,
        }


async def request_return(conn: AsyncConnection, order_id: UUID, user_id: UUID, asked: NewReturn) -> UUID:
    """Open a return; its id. OrderState unless shipped or delivered, ReturnWindowClosed after 30 days."""
    order = await queries.locked(conn, order_id)
    if not may("return", order.status):
        raise OrderState(status=order.status)
    if order.delivered_at and order.delivered_at + WINDOW < ids.now():
        raise ReturnWindowClosed(closed_at=order.delivered_at + WINDOW)
    rows = await queries.lines(conn, order_id)
    chosen = _chosen(rows, asked)
    await sellers.await_closing(conn, {line.seller_id for line in chosen})
    back = Back(chosen, await shipping_of(conn, order, rows, chosen, asked.reason))
    return_id = ids.new()
    values = {
        "id": return_id,
        "order_id": order_id,
        "user_id": user_id,
        "reason": asked.reason,
        "note": asked.note,
    }
    try:
        await conn.execute(_OPEN, values | back.columns)
    except IntegrityError as error:
        raise OrderState("The order has an open return already.", status=order.status) from error
    event = ReturnRequested(order_id=order_id, return_id=return_id, return_reason=asked.reason, items=chosen)
    await _tell(conn, order, order.status, event)
    return return_id


def _chosen(rows: Sequence[Row[Any]], asked: NewReturn) -> tuple[ReturnedLine, ...]:
    wanted = {item.order_item_id: item.quantity for item in asked.items} if asked.items else None
    known = {row.id: row for row in rows}
    if wanted is None:
        wanted = {row.id: row.quantity - row.returned_quantity for row in rows}
    for item_id, quantity in wanted.items():
        row = known.get(item_id)
        if row is None or quantity > row.quantity - row.returned_quantity:
            entry = {"field": "body.items", "message": f"line {item_id} has fewer units left", "code": "too_many"}
            raise ValidationFailed(errors=[entry])
    return tuple(line_of(known[item_id], quantity) for item_id, quantity in wanted.items() if quantity)


def line_of(row: Row[Any], quantity: int, kept: int = 0) -> ReturnedLine:
    """Units of a line at what was paid for them, whatever others of it came back for (R-ORD-22).

    The prices of its units add up to its total; the last ones bring what was `kept` of others, too.
    """
    gone, left = row.returned_quantity, row.total_minor - row.refunded_minor
    price = _price(row, gone + quantity) - _price(row, gone)
    return ReturnedLine(
        order_item_id=row.id,
        product_id=row.product_id,
        seller_id=row.seller_id,
        quantity=quantity,
        refund_minor=min(left, price + kept) if gone + quantity == row.quantity else min(left, price),
    )


def _price(row: Row[Any], units: int) -> int:
    return int(row.total_minor * units // row.quantity)


async def kept_of(conn: AsyncConnection, order_id: UUID, sellers: Collection[UUID]) -> dict[UUID, int]:
    """By line of these sellers what was not given back for units that came back: nobody pays it, if none arrived."""
    if not sellers:
        return {}
    given = {row.id: row.minor for row in await conn.execute(_GIVEN, {"order_id": order_id})}
    own = [row for row in await queries.lines(conn, order_id) if row.seller_id in sellers]
    return {row.id: max(_price(row, row.returned_quantity) - given.get(row.id, 0), 0) for row in own}


async def receive(conn: AsyncConnection, order_id: UUID, said: Reception, *, seller_id: UUID | None) -> UUID:
    """Close the open return; its id. NotFound without one, and what `_require_own` raises of a seller."""
    order = await queries.locked(conn, order_id)
    is_open = (order_returns.c.order_id == order_id) & (order_returns.c.status == "requested")
    found = (await conn.execute(select(order_returns).where(is_open))).one_or_none()
    if found is None:
        raise NotFound("The order has no open return.")
    back = await _priced_now(conn, order, found)
    _require_own(seller_id, {line.seller_id for line in back.lines})
    if said.accepted:
        await _require_paid(conn, order, back.lines)
        back = _settled(back, said.refund_minor)
        await take_back(conn, order, found.id, found.reason, back)
    else:
        back = Back(tuple(msgspec.structs.replace(line, refund_minor=0) for line in back.lines))
        await _tell(conn, order, order.status, ReturnRejected(order_id=order_id, return_id=found.id))
    closed = {
        "id": found.id,
        "status": "received" if said.accepted else "rejected",
        "restock": said.accepted and said.restock,
        "note": said.note,
        "moment": ids.now(),
    }
    await conn.execute(_CLOSE, back.columns | closed)
    return UUID(str(found.id))


def _require_own(seller_id: UUID | None, of: Collection[UUID]) -> None:
    """Sellers take goods of their own: NotFound where they have none in it, Forbidden where others have some too."""
    if seller_id is None or of == {seller_id}:
        return
    if seller_id in of:
        raise Forbidden("Goods of other sellers are in this return too: an operator takes it.")
    raise NotFound


async def _require_paid(conn: AsyncConnection, order: Row[Any], lines: Sequence[ReturnedLine]) -> None:
    """Cash is taken at the door: what is still on its way there was not paid for, and may be yet."""
    if not await queries.in_cash(conn, order.id):
        return
    ended = await queries.delivered_sellers(conn, order.id) | await queries.undelivered_sellers(conn, order.id)
    if any(line.seller_id not in ended for line in lines):
        raise OrderState(
            "Goods of this return are still on their way and paid in cash when they arrive: "
            "accept it once their carrier has reported that they did.",
            status=order.status,
        )


async def _priced_now(conn: AsyncConnection, order: Row[Any], found: Row[Any]) -> Back:
    """What a return gives back by now: since it was asked for money and other units may have gone back.

    What was to be paid in cash at the door and never arrived there gives nothing.
    """
    rows, missing = await queries.lines(conn, order.id), await queries.undelivered_sellers(conn, order.id)
    known, kept = {row.id: row for row in rows}, await kept_of(conn, order.id, missing)
    lines = tuple(
        line_of(known[line.order_item_id], line.quantity, kept.get(line.order_item_id, 0))
        for line in msgspec.convert(found.items, tuple[ReturnedLine, ...])
    )
    shipping = await shipping_of(conn, order, rows, lines, found.reason)
    unpaid = missing if missing and await queries.in_cash(conn, order.id) else frozenset[UUID]()
    return Back(
        tuple(msgspec.structs.replace(line, refund_minor=0) if line.seller_id in unpaid else line for line in lines),
        {seller: minor for seller, minor in shipping.items() if seller not in unpaid},
    )


def _settled(back: Back, refund_minor: int | None) -> Back:
    """What the receiver gives back: less than everything is of the goods first."""
    whole = back.refund_minor
    if refund_minor is None or refund_minor == whole:
        return back
    if refund_minor > whole:
        raise RefundExceedsCaptured(refundable_minor=whole)
    goods, sent = [line.refund_minor for line in back.lines], list(back.shipping.values())
    given = in_turn(refund_minor, goods, sent)
    lines = zip(back.lines, given[: len(goods)], strict=True)
    return Back(
        tuple(msgspec.structs.replace(line, refund_minor=part) for line, part in lines),
        dict(zip(back.shipping, given[len(goods) :], strict=True)),
    )


async def take_back(conn: AsyncConnection, order: Row[Any], of: UUID, reason: str, back: Back) -> None:
    """Note what came back with a return of the locked order, and tell it.

    With the last of it the order is returned, unless all of its money went back before: it has ended as refunded then.
    """
    lines = back.lines
    units = {"ids": [line.order_item_id for line in lines], "quantities": [line.quantity for line in lines]}
    await conn.execute(_UNITS, units)
    full = all(row.returned_quantity == row.quantity for row in await queries.lines(conn, order.id))
    event = OrderReturned(
        order_id=order.id,
        return_id=of,
        return_reason=reason,
        refund_amount_minor=back.refund_minor,
        currency=order.currency,
        items=lines,
        full=full,
    )
    await _tell(conn, order, (after("return", order.status) if full else None) or order.status, event)


async def _tell(conn: AsyncConnection, order: Row[Any], status: str, event: OrderEvent) -> None:
    version = order.version + 1
    await conn.execute(_STATUS, {"id": order.id, "version": version, "status": status})
    await outbox.record(conn, Fact(event, seq=version))
