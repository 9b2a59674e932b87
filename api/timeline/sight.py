"""What shoppers and sellers are told of an order's facts; an event that stands in neither list is for operators."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from streams.events import Event, carts, complaints, inventory, ledger, notifications, orders, payments, promotions
from streams.events import shipping as parcels

Told = dict[str, Any]


class Own(NamedTuple):
    """A seller's part of an order; `returns` may hold others' goods too, `alone` when there is no other seller's."""

    seller_id: UUID
    user_id: UUID
    products: frozenset[UUID]
    parcels: frozenset[UUID]
    returns: frozenset[UUID]
    refunds: frozenset[UUID]
    alone: bool


_SHOPPERS: Mapping[type[Event], frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                orders.OrderCreated, orders.OrderValidated, orders.OrderConfirmed, orders.OrderProcessingStarted,
                orders.OrderShipped, orders.OrderDelivered, orders.OrderCancelled, orders.ReturnRequested,
                orders.ReturnRejected, orders.OrderReturned, orders.OrderRefunded, inventory.InventoryReserved,
                inventory.InventoryReleased, inventory.InventoryDeducted, payments.PaymentCreated,
                payments.PaymentAuthorized, payments.PaymentProcessed, payments.PaymentFailed, payments.PaymentExpired,
                payments.PaymentCancelled, payments.WalletChanged, payments.RefundRequested, payments.RefundApproved,
                payments.RefundSucceeded, payments.RefundFailed, payments.RefundRejected, parcels.ShipmentCreated,
                parcels.ShipmentTracked, parcels.ShipmentCancelled, complaints.ComplaintOpened,
                complaints.ComplaintUpdated, complaints.ComplaintResolved, carts.CartCheckedOut, carts.CartConverted,
                carts.CartRestored, promotions.CouponReleased,
            ),
            frozenset[str](),
        ),
        promotions.CouponRedeemed: frozenset({"funded_by"}),
    }
)  # fmt: skip
"""What the shopper is told of, with the fields that are between the platform and its sellers."""


def of_shopper(event: Event, user_id: UUID) -> Told | None:
    """A fact as the order's shopper may know it; None when not at all."""
    if isinstance(event, notifications.NotificationSent | notifications.NotificationFailed):
        return told(event) if event.user_id == user_id else None
    hidden = _SHOPPERS.get(type(event))
    if hidden is None:
        return None
    return {name: value for name, value in told(event).items() if name not in hidden}


def of_seller(event: Event, own: Own) -> Told | None:
    """A fact as a seller with lines in the order may know it; None when not at all."""
    rule = _SELLERS.get(type(event))
    return rule(event, own) if rule else None


def told(event: Event) -> Told:
    """The whole payload, as plain data."""
    plain: Told = msgspec.to_builtins(event)
    return plain


def _some(*names: str) -> Callable[[Any, Own], Told | None]:
    """These fields of it."""
    return lambda event, own: {name: value for name, value in told(event).items() if name in names}


def _with(field: str, mine: Callable[[Any, Own], bool], *, without: tuple[str, ...] = ()) -> Callable[..., Told | None]:
    """The own elements of a field, and the other fields but those that tell of the whole order; None without own."""

    def rule(event: Any, own: Own) -> Told | None:
        elements = tuple(element for element in getattr(event, field) if mine(element, own))
        if not elements:
            return None
        plain = told(msgspec.structs.replace(event, **{field: elements}))
        return {name: value for name, value in plain.items() if name not in without}

    return rule


def _if(mine: Callable[[Any, Own], bool]) -> Callable[[Any, Own], Told | None]:
    """All of it, or nothing."""
    return lambda event, own: told(event) if mine(event, own) else None


def _refund(event: Any, own: Own) -> Told | None:
    """An own one; whether it was the last of the order's money tells of others' lines too."""
    if event.refund_id not in own.refunds:
        return None
    return {name: value for name, value in told(event).items() if own.alone or name != "full"}


def _line(line: Any, own: Own) -> bool:
    return bool(line.seller_id == own.seller_id)


_goods = _with("items", lambda item, own: item.product_id in own.products)
_parcel = _if(lambda event, own: event.shipment_id in own.parcels)
_message = _if(lambda event, own: event.user_id == own.user_id)
_complaint = _if(lambda event, own: _line(event, own) or (own.alone and event.order_item_id is None))
_WHOLE_ORDERS = (
    "customer_id", "cart_id", "session_id", "subtotal_minor", "discount_minor", "shipping_minor", "tax_minor",
    "total_minor", "promotion_ids",
)  # fmt: skip

# Sellers are told what concerns own lines; of money that several sellers have part in, their own journal lines. The
# refunds are those that they may read (`payments.refunds_of`).
_SELLERS: Mapping[type[Event], Callable[[Any, Own], Told | None]] = MappingProxyType(
    {
        orders.OrderCreated: _with("items", _line, without=_WHOLE_ORDERS),
        orders.OrderValidated: _some("order_id", "is_valid"),
        orders.OrderConfirmed: _some("order_id", "status", "payment_method"),
        orders.OrderProcessingStarted: _with("shipment_ids", lambda parcel, own: parcel in own.parcels),
        orders.OrderShipped: _parcel,
        orders.OrderDelivered: _parcel,
        orders.OrderCancelled: _some("order_id", "cancellation_reason", "cancelled_by", "from_status"),
        orders.ReturnRequested: _with("items", _line),
        orders.ReturnRejected: _if(lambda event, own: event.return_id in own.returns),
        orders.OrderReturned: _with("items", _line, without=("refund_amount_minor", "full")),
        orders.OrderRefunded: _refund,
        inventory.InventoryReserved: _goods,
        inventory.InventoryReleased: _goods,
        inventory.InventoryDeducted: _goods,
        inventory.StockMoved: _if(_line),
        payments.RefundRequested: _refund,
        payments.RefundApproved: _refund,
        payments.RefundSucceeded: _refund,
        payments.RefundFailed: _refund,
        payments.RefundRejected: _refund,
        ledger.JournalPosted: _with("lines", _line),
        parcels.ShipmentCreated: _parcel,
        parcels.ShipmentTracked: _parcel,
        parcels.ShipmentCancelled: _parcel,
        complaints.ComplaintOpened: _complaint,
        complaints.ComplaintUpdated: _complaint,
        complaints.ComplaintResolved: _complaint,
        notifications.NotificationSent: _message,
        notifications.NotificationFailed: _message,
    }
)
