"""Reads an order's facts: those that are published, and those that wait for it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.payments import service as payments
from api.timeline import statements
from api.timeline.belonging import Claims
from api.timeline.packing import unpack
from api.timeline.sight import Own
from streams.events import Envelope
from streams.events.codec import decode_line


class Recorded(NamedTuple):
    """A fact, and whether it stands in the log."""

    fact: Envelope
    published: bool


class _Waiting(NamedTuple):
    topic: str
    line: bytes
    tx: int
    recorded_at: datetime


async def order(conn: AsyncConnection, name: str) -> Row[Any] | None:
    """id, order_number and user_id of the order of an id or order number."""
    try:
        values: dict[str, Any] = {"id": UUID(name), "order_number": None}
    except ValueError:
        values = {"id": None, "order_number": name.upper()}
    return (await conn.execute(statements.ORDER, values)).one_or_none()


async def facts(conn: AsyncConnection, order_id: UUID) -> list[Recorded]:
    """Every fact of an order that is committed, each once, in no order."""
    named = {"name": f'"{order_id}"'.encode(), "cause": b'"cause_id":"', "about": b'"aggregate_id":"'}
    values: dict[str, object] = {"order_id": order_id, **named}
    rows = (await conn.execute(statements.FACTS, values)).all()
    waiting = [_Waiting(row.topic, row.told, row.tx, row.recorded_at) for row in rows if row.topic]
    published = (Recorded(fact, True) for row in rows if not row.topic for fact in _unpacked(row))
    return [*published, *await _of_order(conn, order_id, waiting)]


async def _of_order(conn: AsyncConnection, order_id: UUID, waiting: Sequence[_Waiting]) -> list[Recorded]:
    claims = Claims(waiting)
    known: dict[str, str] = {}
    if claims.hints:
        found = await conn.execute(statements.WAITING, {"ids": list(claims.hints)})
        known = {row.id: row.order_id for row in found}
    orders = zip(waiting, claims.orders(known), strict=True)
    return [Recorded(_stamped(row, row.line), False) for row, order in orders if order == str(order_id)]


def _unpacked(row: Row[Any]) -> Iterator[Envelope]:
    return (_stamped(row, line) for line in unpack(row.told))


def _stamped(row: Row[Any] | _Waiting, line: bytes) -> Envelope:
    """A line of the outbox with what the relay adds to it when it publishes it."""
    moment = row.recorded_at.isoformat(timespec="milliseconds")
    return decode_line(line[:-1] + f',"tx":{row.tx},"recorded_at":"{moment}"}}'.encode())


async def own(conn: AsyncConnection, order_id: UUID, seller_id: UUID, user_id: UUID) -> Own | None:
    """A seller's part of an order; None without any."""
    row = (await conn.execute(statements.OWN, {"order_id": order_id, "seller_id": seller_id})).one()
    if not row.products:
        return None
    refunds = await payments.refunds_of(conn, order_id, seller_id)
    return Own(
        seller_id,
        user_id,
        products=frozenset(row.products),
        parcels=frozenset(row.parcels),
        returns=frozenset(row.returns),
        refunds=frozenset(refunds),
        alone=row.alone,
    )
