"""Facts about orders."""

from datetime import datetime
from uuid import UUID

import msgspec

from streams.events.envelope import Event, Exploded


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order; total = unit price x quantity - discount, tax is contained in it."""

    order_item_id: UUID
    product_id: UUID
    sku: str
    seller_id: UUID
    category_id: UUID
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    total_minor: int


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one order line that came back, and what was refunded for them."""

    order_item_id: UUID
    product_id: UUID
    seller_id: UUID
    quantity: int
    refund_minor: int


class ValidationError(msgspec.Struct, frozen=True, kw_only=True):
    """Why an order turned out impossible."""

    code: str
    product_id: UUID | None = None


class OrderEvent(Event, frozen=True, kw_only=True):
    """A fact about one order."""

    topic = "orders"
    landing = "landing_orders"
    key = "order_id"
    order_id: UUID


class OrderCreated(OrderEvent, frozen=True, kw_only=True):
    """A pending order was placed and its stock is held."""

    name = "order.created"
    exploded = Exploded("landing_order_items", "items", ("order_id", "order_number", "customer_id", "currency"))
    order_number: str
    customer_id: UUID
    cart_id: UUID | None = None
    session_id: UUID | None = None
    currency: str
    items: tuple[OrderLine, ...]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    promotion_ids: tuple[UUID, ...] = ()
    payment_method: str
    province_id: int
    city_id: int
    hold_expires_at: datetime | None = None


class OrderValidated(OrderEvent, frozen=True, kw_only=True):
    """The order was found possible, or impossible with its reasons."""

    name = "order.validated"
    is_valid: bool
    validation_errors: tuple[ValidationError, ...] = ()


class OrderConfirmed(OrderEvent, frozen=True, kw_only=True):
    """Money or authorization stands; status is paid or processing."""

    name = "order.confirmed"
    status: str
    payment_id: UUID | None = None
    payment_method: str


class OrderProcessingStarted(OrderEvent, frozen=True, kw_only=True):
    """Its shipments are being prepared."""

    name = "order.processing.started"
    shipment_ids: tuple[UUID, ...]


class OrderShipped(OrderEvent, frozen=True, kw_only=True):
    """A shipment left; `fully_shipped` when it was the last one."""

    name = "order.shipped"
    shipment_id: UUID
    carrier: str | None = None
    tracking_number: str | None = None
    fully_shipped: bool


class OrderDelivered(OrderEvent, frozen=True, kw_only=True):
    """A shipment arrived; `fully_delivered` when it was the last one."""

    name = "order.delivered"
    shipment_id: UUID
    delivery_status: str = "DELIVERED"
    delivered_at: datetime
    fully_delivered: bool


class OrderCancelled(OrderEvent, frozen=True, kw_only=True):
    """The order ended before shipping; `refund_due_minor` is what has to be paid back."""

    name = "order.cancelled"
    cancellation_reason: str
    cancelled_by: str
    from_status: str
    refund_due_minor: int
    currency: str


class ReturnRequested(OrderEvent, frozen=True, kw_only=True):
    """The shopper wants to send goods back."""

    name = "order.return.requested"
    return_id: UUID
    return_reason: str
    items: tuple[ReturnedLine, ...]


class ReturnRejected(OrderEvent, frozen=True, kw_only=True):
    """The goods that came back were not taken."""

    name = "order.return.rejected"
    return_id: UUID


class OrderReturned(OrderEvent, frozen=True, kw_only=True):
    """Goods came back; `full` when nothing is left with the shopper."""

    name = "order.returned"
    return_id: UUID
    return_reason: str
    refund_amount_minor: int
    currency: str
    items: tuple[ReturnedLine, ...]
    full: bool


class OrderRefunded(OrderEvent, frozen=True, kw_only=True):
    """A refund of this order succeeded."""

    name = "order.refunded"
    refund_id: UUID
    amount_minor: int
    currency: str
    full: bool
