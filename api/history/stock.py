"""Stock rows of the products of one batch, locked, and the movements that its orders make on them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.history.batch import Batch
from api.history.past import Goods
from api.outbox import Fact
from streams.events.inventory import StockMoved

# The lowest bucket stands for a product whose stock is split: an import is one writer and needs no more.
_LOCK = text(
    "SELECT id, on_hand, reserved, version, bucket FROM inventory WHERE id = ANY(CAST(:ids AS uuid[])) "
    "ORDER BY product_id, bucket FOR UPDATE"
)
_STORE = text(
    "UPDATE inventory i SET on_hand = n.on_hand, reserved = n.reserved, version = n.version, updated_at = now() "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:on_hand AS int[]), CAST(:reserved AS int[]), CAST(:versions AS int[])) "
    "AS n (id, on_hand, reserved, version) WHERE i.id = n.id"
)


class Level(msgspec.Struct):
    """One stock row as it stands while a batch is made."""

    on_hand: int
    reserved: int
    version: int
    bucket: int


class Cause(msgspec.Struct, frozen=True):
    """Why stock moves: the order or return behind it."""

    kind: str
    cause_id: UUID | None
    at: datetime


class Change(msgspec.Struct, frozen=True):
    """A kind of movement and what it adds to both quantities."""

    kind: str
    on_hand: int
    reserved: int


class Shelf:
    """The locked stock rows of a batch."""

    def __init__(self, levels: dict[UUID, Level]) -> None:
        self._levels = levels

    @classmethod
    async def locked(cls, connection: AsyncConnection, inventory_ids: Iterable[UUID]) -> "Shelf":
        """Lock the rows in the order that every checkout takes them in (R-INV-1)."""
        found = await connection.execute(_LOCK, {"ids": list(inventory_ids)})
        return cls({row.id: Level(row.on_hand, row.reserved, row.version, row.bucket) for row in found})

    def reserve(self, batch: Batch, goods: Goods, quantity: int, cause: Cause) -> list[Fact]:
        """Hold units; what shoppers bought meanwhile and is missing is received first."""
        level = self._levels[goods.inventory_id]
        missing = quantity - (level.on_hand - level.reserved)
        received = [self._move(batch, goods, Change("received", missing, 0), cause)] if missing > 0 else []
        return [*received, self._move(batch, goods, Change("reserved", 0, quantity), cause)]

    def deduct(self, batch: Batch, goods: Goods, quantity: int, cause: Cause) -> Fact:
        """Held units leave the stock."""
        return self._move(batch, goods, Change("deducted", -quantity, -quantity), cause)

    def take_back(self, batch: Batch, goods: Goods, quantity: int, cause: Cause) -> Fact:
        """Returned units are for sale again."""
        return self._move(batch, goods, Change("returned", quantity, 0), cause)

    def receive(self, batch: Batch, goods: Goods, quantity: int, cause: Cause) -> Fact:
        """Units come in."""
        return self._move(batch, goods, Change("received", quantity, 0), cause)

    def open(self, batch: Batch, goods: Goods, quantity: int, cause: Cause) -> Fact:
        """The first movement of a new stock row, which the batch inserts as it stands after it."""
        self._levels[goods.inventory_id] = Level(0, 0, 0, 0)
        moved = self.receive(batch, goods, quantity, cause)
        del self._levels[goods.inventory_id]
        return moved

    async def store(self, connection: AsyncConnection) -> None:
        """Write the rows as they stand now."""
        levels = self._levels
        values = {
            "ids": list(levels),
            "on_hand": [level.on_hand for level in levels.values()],
            "reserved": [level.reserved for level in levels.values()],
            "versions": [level.version for level in levels.values()],
        }
        await connection.execute(_STORE, values)

    def _move(self, batch: Batch, goods: Goods, change: Change, cause: Cause) -> Fact:
        level = self._levels[goods.inventory_id]
        level.on_hand += change.on_hand
        level.reserved += change.reserved
        level.version += 1
        batch.add(
            "stock_movements",
            ids.new(), goods.inventory_id, goods.product_id, change.kind,
            change.on_hand, change.reserved, level.on_hand, level.reserved, level.version,
            cause.kind, cause.cause_id, cause.at,
        )  # fmt: skip
        event = StockMoved(
            inventory_id=goods.inventory_id,
            product_id=goods.product_id,
            seller_id=goods.seller_id,
            bucket=level.bucket,
            kind=change.kind,
            on_hand_delta=change.on_hand,
            reserved_delta=change.reserved,
            on_hand_after=level.on_hand,
            reserved_after=level.reserved,
            cause_type=cause.kind,
            cause_id=cause.cause_id,
        )
        return Fact(event, level.version)
