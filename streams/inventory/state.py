"""Stock of each product and the signals when it crosses a line: pure, repeated movements change nothing.

A product may have several stock rows ("buckets"); the last `aggregate_seq` of each row wins. All rows of a product are
expected in one partition, so that their order, and with it every signal, is the same whenever the log is read.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from streams.events import Envelope
from streams.events.inventory import StockMoved
from streams.events.signals import StockCameBack, StockRanLow, StockRanOut
from streams.ids import text
from streams.reading import Place
from streams.signalling import cause_of, told
from streams.tables import Table
from streams.windows import day_of

DEFAULT_THRESHOLD = 5
DAYS_OF_SALES = 28
DAYS_LEFT = 7.0
"""R-INV-10: low when what is available lasts less than this at the mean daily units of the last 28 days."""


class Row(msgspec.Struct, frozen=True):
    """One stock row after its movement number `seq`."""

    bucket: int
    on_hand: int
    reserved: int
    seq: int


class Level(msgspec.Struct, kw_only=True):
    """Stock of one product; `is_low` and `is_out` are what was signalled last.

    `sold` are units that left by UTC day, of the 28 days up to `last_day`, and `sold_units` their sum.
    """

    seller_id: UUID
    rows: dict[str, Row] = msgspec.field(default_factory=dict)
    sold: dict[int, int] = msgspec.field(default_factory=dict)
    sold_units: int = 0
    last_day: int = 0
    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    is_low: bool = False
    is_out: bool = False
    moved_at: datetime


class Stock:
    """The table of stock levels; key is the product."""

    def __init__(self) -> None:
        self.table: Table[Level] = Table("stock_levels", Level, "product: on hand, reserved, available, last movement")

    def apply(self, envelope: Envelope, place: Place, threshold: int) -> list[Envelope]:
        """Take a movement; the signals that it gives rise to, each with an id that follows from the movement's."""
        event = envelope.payload
        if not isinstance(event, StockMoved):
            raise TypeError(f"no movement: {envelope.event}")
        key, row_key = text(event.product_id), text(event.inventory_id)
        level = self.table.get(key)
        is_new = level is None
        if level is None:
            level = Level(seller_id=event.seller_id, moved_at=envelope.occurred_at)
        elif (row := level.rows.get(row_key)) is not None and envelope.aggregate_seq <= row.seq:
            return []
        _move(level, event, envelope, row_key)
        self.table.put(key, level, place.partition)
        low, days_left = _judge(level, threshold)
        signals = [] if is_new else list(_signals(level, envelope, event, (low, threshold, days_left)))
        level.is_low, level.is_out = low, level.available <= 0
        return signals


def _move(level: Level, event: StockMoved, envelope: Envelope, row_key: str) -> None:
    level.rows[row_key] = Row(event.bucket, event.on_hand_after, event.reserved_after, envelope.aggregate_seq)
    if len(level.rows) == 1:
        level.on_hand, level.reserved = event.on_hand_after, event.reserved_after
    else:
        level.on_hand = sum(row.on_hand for row in level.rows.values())
        level.reserved = sum(row.reserved for row in level.rows.values())
    level.available = level.on_hand - level.reserved
    level.moved_at = max(level.moved_at, envelope.occurred_at)
    _sell(level, day_of(envelope.occurred_at), -event.on_hand_delta if event.kind == "deducted" else 0)


def _sell(level: Level, day: int, units: int) -> None:
    if day > level.last_day:
        level.last_day = day
        level.sold = {known: count for known, count in level.sold.items() if known > day - DAYS_OF_SALES}
        level.sold_units = sum(level.sold.values())
    if units and day > level.last_day - DAYS_OF_SALES:
        level.sold[day] = level.sold.get(day, 0) + units
        level.sold_units += units


def _judge(level: Level, threshold: int) -> tuple[bool, float | None]:
    days_left = round(level.available * DAYS_OF_SALES / level.sold_units, 2) if level.sold_units > 0 else None
    return level.available <= threshold or (days_left is not None and days_left < DAYS_LEFT), days_left


def _signals(
    level: Level, trigger: Envelope, event: StockMoved, verdict: tuple[bool, int, float | None]
) -> Iterator[Envelope]:
    low, threshold, days_left = verdict
    out = level.available <= 0
    fields: dict[str, Any] = {
        "product_id": event.product_id,
        "seller_id": event.seller_id,
        "available": level.available,
        "due_at": trigger.occurred_at,
        "triggered_by": (trigger.event_id,),
    }
    if low and not level.is_low:
        yield told(
            StockRanLow(**fields, threshold=threshold, days_left=days_left),
            cause_of(trigger),
            recorded_at=trigger.recorded_at,
        )
    if out and not level.is_out:
        yield told(StockRanOut(**fields), cause_of(trigger), recorded_at=trigger.recorded_at)
    if level.is_out and not out:
        yield told(StockCameBack(**fields), cause_of(trigger), recorded_at=trigger.recorded_at)
