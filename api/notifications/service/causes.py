"""Which message follows from which fact (requirements 13.5): the one table of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.notifications.service import accounts, money, noticed, orders, promotions
from api.notifications.service.writing import Draft, forget, write
from streams.events import Event
from streams.events.complaints import ComplaintOpened, ComplaintResolved
from streams.events.ledger import PayoutFailed, PayoutPaid
from streams.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderReturned,
    OrderShipped,
    ReturnRejected,
    ReturnRequested,
)
from streams.events.payments import (
    PaymentExpired,
    PaymentFailed,
    RefundFailed,
    RefundRejected,
    RefundRequested,
    RefundSucceeded,
)
from streams.events.promotions import PromotionChanged, PromotionPublished
from streams.events.reviews import CommentCreated
from streams.events.sellers import SellerCreated, SellerUpdated
from streams.events.shipping import ShipmentCancelled, ShipmentTracked
from streams.events.signals import (
    CartAbandoned,
    CartRecovered,
    PriceDoubted,
    ShipmentLate,
    StockRanLow,
    StockRanOut,
)
from streams.events.users import UserCreated, UserErased, UserUpdated

OLD_NEWS = timedelta(days=3)
"""Nobody wants to hear so late; it also keeps the first start of a new reaction from telling the whole past."""

Drafts = Callable[[AsyncConnection, Any], Awaitable[Sequence[Draft]]]
Effect = Callable[[AsyncConnection, Any], Awaitable[None]]

_DRAFTS: Mapping[type[Event], Drafts] = MappingProxyType(
    {
        UserCreated: accounts.registered,
        UserUpdated: accounts.changed,
        SellerCreated: accounts.shop_opened,
        SellerUpdated: accounts.shop_changed,
        OrderConfirmed: orders.confirmed,
        OrderShipped: orders.shipped,
        ShipmentTracked: orders.tracked,
        ShipmentCancelled: orders.called_off,
        OrderDelivered: orders.delivered,
        OrderCancelled: orders.cancelled,
        ReturnRequested: orders.return_asked,
        OrderReturned: orders.returned,
        ReturnRejected: orders.return_refused,
        PaymentFailed: money.payment_ended,
        PaymentExpired: money.payment_ended,
        RefundRequested: money.refund_asked,
        RefundSucceeded: money.refund_ended,
        RefundFailed: money.refund_ended,
        RefundRejected: money.refund_refused,
        ComplaintOpened: money.complaint_opened,
        ComplaintResolved: money.complaint_decided,
        PayoutPaid: money.payout_ended,
        PayoutFailed: money.payout_ended,
        StockRanLow: accounts.stock_low,
        StockRanOut: accounts.stock_out,
        CartAbandoned: noticed.cart_left,
        PriceDoubted: noticed.price_doubted,
        ShipmentLate: noticed.parcel_late,
        CommentCreated: accounts.reviewed,
    }
)


async def _forget(conn: AsyncConnection, fact: UserErased) -> None:
    await forget(conn, fact.user_id)


_EFFECTS: Mapping[type[Event], Effect] = MappingProxyType(
    {
        PromotionPublished: promotions.announce,
        PromotionChanged: promotions.call_off,
        CartRecovered: noticed.cart_taken_up,
        UserErased: _forget,
    }
)
CAUSES = frozenset((*_DRAFTS, *_EFFECTS))


def concerns(fact: Event) -> bool:
    """Whether anybody may be told of a fact, as far as it says itself: most changes of an account interest nobody."""
    return type(fact) in CAUSES and not (
        isinstance(fact, UserUpdated) and set(accounts.WORTH_TELLING).isdisjoint(fact.changed)
    )


async def tell(conn: AsyncConnection, fact: Event) -> None:
    """Write the messages that follow from a fact; its id is their cause."""
    cause = outbox.causation_id.get()
    effect = _EFFECTS.get(type(fact))
    if effect and not (isinstance(fact, PromotionPublished) and _is_old(cause)):
        await effect(conn, fact)
    elif type(fact) in _DRAFTS and not _is_old(cause):
        await write(conn, await _DRAFTS[type(fact)](conn, fact), cause)


def _is_old(cause: UUID | None) -> bool:
    """By the time in the fact's id (UUIDv7)."""
    if cause is None or cause.version != 7:
        return False
    return ids.now() - ids.drawn_at(cause) > OLD_NEWS
