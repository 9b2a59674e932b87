"""Holds that are written by a statement of their caller, together with facts that only the database can complete."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from api import ids, outbox
from api.inventory.service.holds import Hold
from api.outbox import Fact
from streams.events import Item
from streams.events.inventory import InventoryReserved, StockMoved

TOPIC = StockMoved.topic


class Bucket(NamedTuple):
    """A stock row, and the units of it that are to be held."""

    id: UUID
    product_id: UUID
    seller_id: UUID
    number: int
    units: int


class Piece(NamedTuple):
    """The fact of a row's hold: between its pieces there is room for the row's version, on_hand and reserved."""

    partition: int
    event_id: UUID
    first: str
    second: str
    third: str
    last: str


def pieces(bucket: Bucket, order_id: UUID) -> Piece:
    """The fact of units that are held for an order."""
    event = StockMoved(
        inventory_id=bucket.id,
        product_id=bucket.product_id,
        seller_id=bucket.seller_id,
        bucket=bucket.number,
        kind="reserved",
        on_hand_delta=0,
        reserved_delta=bucket.units,
        on_hand_after=outbox.UNKNOWN,
        reserved_after=outbox.UNKNOWN,
        cause_type="order",
        cause_id=order_id,
    )
    rows = outbox.rows([Fact(event, seq=outbox.UNKNOWN)])
    around = outbox.around(cast(bytes, rows["lines"][0]), outbox.SEQ, "on_hand_after", "reserved_after")
    texts = (piece.decode() for piece in around)
    return Piece(cast(int, rows["partitions"][0]), cast(UUID, rows["event_ids"][0]), *texts)


def held(order_id: UUID, items: Sequence[Item], expires_at: datetime) -> Hold:
    """The hold itself; its facts are without those of the rows."""
    event = InventoryReserved(reservation_id=ids.new(), order_id=order_id, items=tuple(items), expires_at=expires_at)
    return Hold(event.reservation_id, order_id, "held", expires_at, event.items, [Fact(event, seq=1)])
