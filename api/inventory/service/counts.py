"""Changes of what is on hand: goods received, corrected, counted, or put back."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.errors import InsufficientStock, NotFound, ValidationFailed, VersionConflict
from api.inventory import statements
from api.inventory.service.movements import Cause, moved
from api.outbox import Fact
from streams.events import Item, Shortage
from streams.events.inventory import StockMoved

MOST = 1_000_000_000
BY_HAND = Cause("adjustment")


async def open_row(
    conn: AsyncConnection, *, product_id: UUID, seller_id: UUID, on_hand: int, actor_id: UUID | None = None
) -> Fact:
    """Create a product's stock row; movement 1, received, may be of 0 units."""
    inventory_id, moment = ids.new(), ids.now()
    values = {"inventory_id": inventory_id, "product_id": product_id, "on_hand": on_hand, "actor_id": actor_id}
    await conn.execute(statements.OPEN, values | {"moment": moment})
    event = StockMoved(
        inventory_id=inventory_id,
        product_id=product_id,
        seller_id=seller_id,
        bucket=0,
        kind="received",
        on_hand_delta=on_hand,
        reserved_delta=0,
        on_hand_after=on_hand,
        reserved_after=0,
        cause_type=BY_HAND.type,
    )
    return Fact(event, seq=1)


async def change(
    conn: AsyncConnection, product_id: UUID, quantity: int, *, kind: str, cause: Cause = BY_HAND
) -> list[Fact]:
    """Add a signed number of units; InsufficientStock when it would fall below what is held."""
    rows = await _locked(conn, [product_id])
    return await _move(conn, _spread(rows, product_id, quantity), kind, cause)


async def set_count(
    conn: AsyncConnection,
    product_id: UUID,
    on_hand: int,
    *,
    expected_version: int | None = None,
    cause: Cause = BY_HAND,
) -> list[Fact]:
    """Set a product's units on hand by one adjusted movement; VersionConflict when a row moved since it was read.

    `expected_version` is the sum of the versions of the product's rows: that of its one row when it has one bucket.
    """
    rows = await _locked(conn, [product_id])
    version = sum(row.version for row in rows)
    if expected_version is not None and expected_version != version:
        raise VersionConflict(current_version=version)
    quantity = on_hand - sum(row.on_hand for row in rows)
    return await _move(conn, _spread(rows, product_id, quantity), "adjusted", cause)


async def restock(
    conn: AsyncConnection, *, items: Sequence[Item], kind: str = "restocked", cause: Cause = BY_HAND
) -> list[Fact]:
    """Put units back into each product's first bucket (R-INV-7); kind is restocked or returned."""
    wanted: dict[UUID, int] = {}
    for item in items:
        wanted[item.product_id] = wanted.get(item.product_id, 0) + item.quantity
    first: dict[UUID, UUID] = {}
    for row in await _locked(conn, list(wanted)):
        first.setdefault(row.product_id, row.id)
    return await _move(conn, [(first[product_id], quantity) for product_id, quantity in wanted.items()], kind, cause)


async def _locked(conn: AsyncConnection, product_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    rows = (await conn.execute(statements.LOCK, {"products": list(product_ids)})).all()
    if {row.product_id for row in rows} != set(product_ids):
        raise NotFound
    return rows


def _spread(rows: Sequence[Row[Any]], product_id: UUID, quantity: int) -> list[tuple[UUID, int]]:
    free = sum(row.on_hand - row.reserved for row in rows)
    if quantity < 0 and free < -quantity:
        raise InsufficientStock([Shortage(product_id=product_id, requested=-quantity, available=free)])
    if sum(row.on_hand for row in rows) + quantity > MOST:
        entry = {
            "field": "body.quantity",
            "message": f"must not bring the stock above {MOST}",
            "code": "less_than_equal",
        }
        raise ValidationFailed(errors=[entry])
    return [(rows[0].id, quantity)] if quantity >= 0 else list(_taken(rows, -quantity))


def _taken(rows: Sequence[Row[Any]], quantity: int) -> Iterator[tuple[UUID, int]]:
    for row in rows:
        part = min(quantity, row.on_hand - row.reserved)
        if part:
            yield row.id, -part
        quantity -= part


async def _move(conn: AsyncConnection, deltas: Sequence[tuple[UUID, int]], kind: str, cause: Cause) -> list[Fact]:
    values = {
        "rows": [inventory_id for inventory_id, _ in deltas],
        "deltas": [delta for _, delta in deltas],
        "kind": kind,
        "cause_type": cause.type,
        "cause_id": cause.id,
        "actor_id": cause.actor_id,
        "reason": cause.note,
        "moment": ids.now(),
    }
    rows = await conn.execute(statements.CHANGE, values)
    return [moved(row, kind, (row.delta, 0), cause) for row in rows]
