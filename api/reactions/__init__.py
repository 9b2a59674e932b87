"""On this fact, that service: everything that follows from a fact inside the core, in one table (8.5, R-ORD-9).

A reaction runs in a transaction that also writes its inbox row, so it takes effect once however often its fact arrives.
The transaction is its own, or, on the way that every order takes, that of all reactions to the fact and to what these
tell; when one of these fails, each is done on its own. What has to speak to a gateway comes afterwards, outside any
transaction, and is safe to repeat by the state of its row.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.complaints import service as complaints
from api.notifications import service as notifications
from api.orders import service as orders
from api.payments import service as payments
from api.reactions import afterwards, order_life, people
from api.webhooks import service as webhooks
from streams.events import Event
from streams.events.complaints import ComplaintResolved
from streams.events.ledger import PayoutRequested
from streams.events.orders import OrderCancelled, OrderConfirmed, OrderDelivered, OrderReturned
from streams.events.payments import (
    PaymentAuthorized,
    PaymentExpired,
    PaymentFailed,
    PaymentProcessed,
    RefundApproved,
    RefundSucceeded,
)
from streams.events.reviews import RatingAdded, RatingDeleted, RatingUpdated
from streams.events.sellers import SellerUpdated
from streams.events.shipping import ShipmentCancelled, ShipmentTracked
from streams.events.signals import CartAbandoned, CartRecovered
from streams.events.users import UserErased, UserUpdated

Reaction = Callable[[AsyncConnection, Any], Awaitable[None]]
Action = Callable[[AsyncEngine, payments.Gateways, Any], Awaitable[None]]

_EFFECTS: Mapping[type[Event], tuple[Reaction, ...]] = MappingProxyType(
    {
        PaymentProcessed: (order_life.confirm_order,),
        PaymentAuthorized: (order_life.accept_order,),
        PaymentFailed: (order_life.end_unpaid_order,),
        PaymentExpired: (order_life.end_unpaid_order,),
        OrderConfirmed: (order_life.deduct_stock, order_life.convert_cart, order_life.prepare_parcels),
        OrderCancelled: (
            order_life.give_stock_back,
            order_life.give_money_back,
            order_life.call_parcels_off,
            order_life.restore_cart,
            order_life.give_uses_back,
            orders.unbook_cancelled,
        ),
        OrderDelivered: (order_life.collect_cash,),
        OrderReturned: (
            order_life.refund_return,
            order_life.restock_return,
            orders.unbook_returned,
            order_life.call_cash_off,
        ),
        RefundSucceeded: (order_life.note_refund,),
        ComplaintResolved: (complaints.settle,),
        ShipmentTracked: (order_life.follow_parcel,),
        ShipmentCancelled: (order_life.drop_parcel,),
        SellerUpdated: (people.empty_closed_shop,),
        RatingAdded: (people.note_rating,),
        RatingUpdated: (people.note_rating,),
        RatingDeleted: (people.note_rating,),
        CartAbandoned: (people.abandon_cart,),
        CartRecovered: (people.recover_cart,),
        UserUpdated: (people.suspend_lonely_shop,),
        UserErased: (people.forget_reviewer, people.forget_shopper),
    }
)
REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = MappingProxyType(
    {
        cls: (
            *_EFFECTS.get(cls, ()),
            *((people.send_messages,) if cls in notifications.CAUSES else ()),
            *((people.tell_systems,) if cls in webhooks.CAUSES else ()),
        )
        for cls in {*_EFFECTS, *notifications.CAUSES, *webhooks.CAUSES}
    }
)
CONCERNING: Mapping[Reaction, Callable[[Event], bool]] = MappingProxyType(
    {people.send_messages: notifications.concerns, people.suspend_lonely_shop: people.may_lose_its_seller}
)
"""Of some reactions the fact itself says that they have no effect."""
AFTERWARDS: Mapping[type[Event], tuple[Action, ...]] = MappingProxyType(
    {RefundApproved: (afterwards.pay_back,), PayoutRequested: (afterwards.pay_seller,)}
)

NAMES = frozenset(cls.name for cls in (*REACTIONS, *AFTERWARDS))
TOPICS = tuple(sorted({cls.topic for cls in (*REACTIONS, *AFTERWARDS)}))
