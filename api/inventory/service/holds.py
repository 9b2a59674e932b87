"""Holds on stock: taken, given back or used up, each in one statement; the caller writes the facts it is handed."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.db import violated
from api.errors import InsufficientStock, NotFound, ReservationExpired, ReservationState
from api.inventory import queries, statements
from api.inventory.service.movements import Cause, moved
from api.outbox import Fact
from api.unit import TryAgain
from streams.events import Item, Shortage
from streams.events.inventory import (
    InventoryDeducted,
    InventoryReleased,
    InventoryReserved,
    StockReservationFailed,
)

Status = Literal["held", "deducted", "released", "expired"]
ReleaseCause = Literal["cancelled", "payment_failed", "expired"]

_every_bucket: ContextVar[bool] = ContextVar("every_bucket", default=False)


@dataclass(frozen=True)
class Hold:
    """A hold as it is now, and the facts that made it so; none when nothing changed. Write them with outbox.record."""

    id: UUID
    order_id: UUID
    status: Status
    expires_at: datetime
    items: tuple[Item, ...]
    facts: list[Fact] = field(default_factory=list)


async def reserve(
    conn: AsyncConnection,
    *,
    order_id: UUID,
    cause_type: str,
    cause_id: UUID,
    items: Sequence[Item],
    expires_at: datetime,
    reservation_id: UUID | None = None,
) -> Hold:
    """Hold all items or none, in one round trip (R-INV-1 to R-INV-3); InsufficientStock names what is short.

    Raises TryAgain, after which the transaction is to be begun anew, when a bucket was emptied by another buyer while
    it was waited for and other buckets may still have units, or when a twin took the hold of this cause meanwhile.
    """
    wanted = _added_up(items)
    values: dict[str, Any] = {
        "products": list(wanted),
        "quantities": list(wanted.values()),
        "turn": order_id.int % 1024,
        "every": _every_bucket.get(),
        "reservation_id": reservation_id or ids.new(),
        "order_id": order_id,
        "cause_type": cause_type,
        "cause_id": cause_id,
        "expires_at": expires_at,
        "moment": ids.now(),
    }
    rows = await _taken(conn, values)
    if rows[0].inventory_id is None:
        raise _refusal(rows)
    return _held(rows, wanted, values)


async def _taken(conn: AsyncConnection, values: dict[str, Any]) -> Sequence[Row[Any]]:
    try:
        return (await conn.execute(statements.RESERVE, values)).all()
    except IntegrityError as error:
        if violated(error) == "uq_reservations_cause":
            raise TryAgain("a twin holds for the same cause") from error
        raise


def _added_up(items: Sequence[Item]) -> dict[UUID, int]:
    wanted: dict[UUID, int] = {}
    for item in sorted(items, key=lambda item: item.product_id):
        wanted[item.product_id] = wanted.get(item.product_id, 0) + item.quantity
    return wanted


def _refusal(rows: Sequence[Row[Any]]) -> InsufficientStock | TryAgain:
    seen = [(row, row.seen_total if row.locked_total is None else row.locked_total) for row in rows]
    short = [
        Shortage(product_id=row.product_id, requested=row.quantity, available=left)
        for row, left in seen
        if left < row.quantity and (row.locked_total is None or row.whole)
    ]
    if short:
        return InsufficientStock(items=short)
    _every_bucket.set(True)
    return TryAgain("a bucket was emptied meanwhile")


def refused(problem: InsufficientStock, *, order_id: UUID | None = None, cart_id: UUID | None = None) -> Fact:
    """The fact that a hold was refused; for a transaction of its own, `problem.record(...)` (R-EVT-5)."""
    event = StockReservationFailed(
        reservation_id=ids.new(), order_id=order_id, cart_id=cart_id, items=tuple(problem.shortages)
    )
    return Fact(event, seq=1)


def _held(rows: Sequence[Row[Any]], wanted: dict[UUID, int], values: dict[str, Any]) -> Hold:
    items = tuple(Item(product_id=product_id, quantity=quantity) for product_id, quantity in wanted.items())
    event = InventoryReserved(
        reservation_id=values["reservation_id"],
        order_id=values["order_id"],
        items=items,
        expires_at=values["expires_at"],
    )
    cause = Cause("order", event.order_id)
    facts = [Fact(event, seq=1)] + [moved(row, "reserved", (0, row.take), cause) for row in rows]
    return Hold(event.reservation_id, event.order_id, "held", event.expires_at, items, facts)


async def release(
    conn: AsyncConnection,
    order_id: UUID | None = None,
    cause: ReleaseCause = "cancelled",
    *,
    reservation_id: UUID | None = None,
) -> Hold:
    """Give a hold back, by order or by its id (R-INV-5); one that is given back already comes without facts.

    Raises NotFound without a hold, ReservationState when its units have left the stock.
    """
    status: Status = "expired" if cause == "expired" else "released"
    rows = await _end(conn, order_id, reservation_id, status, leaves=0)
    if not rows:
        hold = await _ended(conn, order_id, reservation_id)
        if hold.status == "deducted":
            raise ReservationState(reservation_id=hold.id, status=hold.status)
        return hold
    hold = _from_rows(rows, status)
    event = InventoryReleased(reservation_id=hold.id, order_id=hold.order_id, items=hold.items, cause=cause)
    hold.facts.append(Fact(event, seq=rows[0].reservation_version))
    order = Cause("order", hold.order_id)
    hold.facts.extend(moved(row, status, (0, -row.quantity), order) for row in rows)
    return hold


async def deduct(conn: AsyncConnection, order_id: UUID | None = None, *, reservation_id: UUID | None = None) -> Hold:
    """Let held units leave the stock for good (R-INV-6); a hold that is deducted already comes without facts.

    Raises NotFound without a hold, ReservationExpired or ReservationState when it was given back.
    """
    rows = await _end(conn, order_id, reservation_id, "deducted", leaves=1)
    if not rows:
        hold = await _ended(conn, order_id, reservation_id)
        if hold.status == "expired":
            raise ReservationExpired(reservation_id=hold.id, status=hold.status)
        if hold.status != "deducted":
            raise ReservationState(reservation_id=hold.id, status=hold.status)
        return hold
    hold = _from_rows(rows, "deducted")
    event = InventoryDeducted(reservation_id=hold.id, order_id=hold.order_id, items=hold.items)
    hold.facts.append(Fact(event, seq=rows[0].reservation_version))
    order = Cause("order", hold.order_id)
    hold.facts.extend(moved(row, "deducted", (-row.quantity, -row.quantity), order) for row in rows)
    return hold


async def _end(
    conn: AsyncConnection, order_id: UUID | None, reservation_id: UUID | None, status: Status, *, leaves: int
) -> Sequence[Row[Any]]:
    values = {"order_id": order_id, "reservation_id": reservation_id, "status": status, "leaves": leaves}
    return (await conn.execute(statements.END, values | {"moment": ids.now()})).all()


async def _ended(conn: AsyncConnection, order_id: UUID | None, reservation_id: UUID | None) -> Hold:
    row = await queries.newest_hold(conn, order_id=order_id, reservation_id=reservation_id)
    if row is None:
        raise NotFound
    items = await queries.hold_items(conn, row.id)
    lines = tuple(Item(product_id=item.product_id, quantity=int(item.quantity)) for item in items)
    return Hold(row.id, row.order_id, row.status, row.expires_at, lines)


async def live_hold(conn: AsyncConnection, order_id: UUID) -> Hold | None:
    """The hold of an order that is held or deducted."""
    try:
        hold = await _ended(conn, order_id, None)
    except NotFound:
        return None
    return hold if hold.status in ("held", "deducted") else None


async def stands(conn: AsyncConnection, order_id: UUID) -> bool:
    """Whether an order has a hold that is held or deducted."""
    row = await queries.newest_hold(conn, order_id=order_id, reservation_id=None)
    return row is not None and row.status in ("held", "deducted")


def _from_rows(rows: Sequence[Row[Any]], status: Status) -> Hold:
    wanted: dict[UUID, int] = {}
    for row in rows:
        wanted[row.product_id] = wanted.get(row.product_id, 0) + row.quantity
    items = tuple(Item(product_id=product_id, quantity=quantity) for product_id, quantity in wanted.items())
    first = rows[0]
    return Hold(first.reservation_id, first.order_id, status, first.expires_at, items)
