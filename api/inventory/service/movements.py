"""One movement of one stock row as a fact (R-INV-8)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from api.outbox import Fact
from streams.events.inventory import StockMoved


@dataclass(frozen=True)
class Cause:
    """Why stock moved: type order, adjustment, return, import or refusal, the causing row, and who did it."""

    type: str
    id: UUID | None = None
    actor_id: UUID | None = None
    note: str | None = None


def moved(row: Row[Any], kind: str, deltas: tuple[int, int], cause: Cause) -> Fact:
    """The fact of a row's movement; `deltas` are those of on_hand and reserved, the row is as it is after it."""
    event = StockMoved(
        inventory_id=row.inventory_id,
        product_id=row.product_id,
        seller_id=row.seller_id,
        bucket=row.bucket,
        kind=kind,
        on_hand_delta=deltas[0],
        reserved_delta=deltas[1],
        on_hand_after=row.on_hand,
        reserved_after=row.reserved,
        cause_type=cause.type,
        cause_id=cause.id,
    )
    return Fact(event, seq=row.version)
