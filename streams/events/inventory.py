"""Facts about stock: holds and movements."""

from datetime import datetime
from uuid import UUID

from streams.events.envelope import Event, Item, Shortage


class ReservationEvent(Event, frozen=True, kw_only=True):
    """A fact about one hold."""

    topic = "inventory"
    landing = "landing_reservations"
    key = "reservation_id"
    reservation_id: UUID
    order_id: UUID
    items: tuple[Item, ...]


class InventoryReserved(ReservationEvent, frozen=True, kw_only=True):
    """Units were held for an order until `expires_at`."""

    name = "stock.reserved"
    expires_at: datetime


class InventoryReleased(ReservationEvent, frozen=True, kw_only=True):
    """A hold was given back; cause is cancelled, payment_failed or expired."""

    name = "stock.released"
    cause: str


class InventoryDeducted(ReservationEvent, frozen=True, kw_only=True):
    """Held units left the stock for good."""

    name = "stock.deducted"


class StockReservationFailed(Event, frozen=True, kw_only=True):
    """A hold was refused because a product ran short."""

    name = "stock.reservation.failed"
    topic = "inventory"
    landing = "landing_reservations"
    key = "reservation_id"
    reservation_id: UUID
    order_id: UUID | None = None
    cart_id: UUID | None = None
    items: tuple[Shortage, ...]


class StockMoved(Event, frozen=True, kw_only=True):
    """One movement of one stock row; `aggregate_seq` is the row's version (R-INV-8)."""

    name = "stock.moved"
    topic = "inventory"
    landing = "landing_stock_movements"
    key = "inventory_id"
    inventory_id: UUID
    product_id: UUID
    seller_id: UUID
    bucket: int
    kind: str
    on_hand_delta: int
    reserved_delta: int
    on_hand_after: int
    reserved_after: int
    cause_type: str
    cause_id: UUID | None = None
