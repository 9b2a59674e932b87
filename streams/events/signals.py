"""What the stream side noticed; each fires once and names the events that made it so (R-EVT-12)."""

from datetime import date, datetime
from uuid import UUID

from streams.events.envelope import Event


class Signal(Event, frozen=True, kw_only=True):
    """Something became so at `due_at`, in event time; `triggered_by` are the event ids that did it."""

    topic = "signals"
    landing = "landing_signals"
    due_at: datetime
    triggered_by: tuple[UUID, ...]


class StockSignal(Signal, frozen=True, kw_only=True):
    """A product's available stock crossed a line."""

    key = "product_id"
    product_id: UUID
    seller_id: UUID
    available: int


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


class CartSignal(Signal, frozen=True, kw_only=True):
    """A cart was left alone, or is no longer."""

    key = "cart_id"
    cart_id: UUID
    user_id: UUID


class CartAbandoned(CartSignal, frozen=True, kw_only=True):
    """A cart with `lines` lines, worth `value_minor` at the prices they were added at, has not changed for long."""

    name = "cart.abandoned"
    lines: int
    value_minor: int
    currency: str
    idle_since: datetime


class CartRecovered(CartSignal, frozen=True, kw_only=True):
    """An abandoned cart was changed or checked out, `after_s` seconds after it was abandoned."""

    name = "cart.recovered"
    after_s: int


class PriceDoubted(Signal, frozen=True, kw_only=True):
    """A price changed at once by so much that it may be mistyped; `ratio` is after / before."""

    name = "price.doubted"
    key = "product_id"
    product_id: UUID
    seller_id: UUID
    price_before_minor: int
    price_after_minor: int
    currency: str
    ratio: float


class ShipmentLate(Signal, frozen=True, kw_only=True):
    """The day on which a parcel should have arrived has passed."""

    name = "shipment.late"
    key = "shipment_id"
    shipment_id: UUID
    order_id: UUID
    seller_id: UUID
    carrier: str | None = None
    estimated_delivery: date


class OrderStuck(Signal, frozen=True, kw_only=True):
    """A step of an order has been due since `since` and has not been taken."""

    name = "order.stuck"
    key = "order_id"
    order_id: UUID
    step: str
    since: datetime
