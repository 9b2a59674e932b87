"""What the stream side noticed; each fires once and names the events that made it so (R-EVT-12)."""

from datetime import datetime
from uuid import UUID

from streams.events.envelope import Event


class StockSignal(Event, frozen=True, kw_only=True):
    """A product's available stock crossed a line; `triggered_by` are the event ids that did it."""

    topic = "signals"
    landing = "landing_signals"
    key = "product_id"
    product_id: UUID
    seller_id: UUID
    available: int
    due_at: datetime
    triggered_by: tuple[UUID, ...]


class StockRanLow(StockSignal, frozen=True, kw_only=True):
    """Available fell to the seller's threshold or below."""

    name = "stock.ran_low"
    threshold: int
    days_left: float | None = None


class StockRanOut(StockSignal, frozen=True, kw_only=True):
    """Nothing is available any more."""

    name = "stock.ran_out"


class StockCameBack(StockSignal, frozen=True, kw_only=True):
    """Available left 0."""

    name = "stock.came_back"
