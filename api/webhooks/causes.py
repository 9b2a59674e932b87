"""Which facts sellers' systems may ask for, whom each concerns, and what is told of it: ids and states, to be read up.

A body names nothing that belongs to another seller or to a person: no amounts of an order, no shopper. Of refunds and
complaints that several sellers have part in none of them is told, as none can read them up.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from api.orders import queries as orders
from api.payments import service as payments
from api.shipping import queries as shipping
from streams.events import Event
from streams.events.catalog import ProductCreated, ProductDeleted, ProductUpdated
from streams.events.complaints import ComplaintOpened, ComplaintResolved
from streams.events.ledger import PayoutFailed, PayoutPaid
from streams.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderReturned,
    ReturnRequested,
)
from streams.events.payments import RefundRequested, RefundSucceeded
from streams.events.reviews import CommentCreated, RatingAdded
from streams.events.shipping import ShipmentCancelled, ShipmentCreated, ShipmentTracked
from streams.events.signals import StockCameBack, StockRanLow, StockRanOut

TEST = "webhook.test"
TOLD = frozenset(
    {
        "order_id", "return_id", "refund_id", "shipment_id", "product_id", "complaint_id", "payout_id", "review_id",
        "order_item_id", "seller_id", "sku", "status", "status_after", "tracking_status", "changed", "available",
        "threshold", "rating", "cancellation_reason", "return_reason", "type", "resolution_type", "reason", "cause",
    }
)  # fmt: skip

Concerned = Callable[[AsyncConnection, Any], Awaitable[set[UUID]]]


async def _seller(_: AsyncConnection, fact: Any) -> set[UUID]:
    return {fact.seller_id}


async def _order(conn: AsyncConnection, fact: Any) -> set[UUID]:
    return {line.seller_id for line in await orders.lines(conn, fact.order_id)}


async def _returned(_: AsyncConnection, fact: Any) -> set[UUID]:
    return {item.seller_id for item in fact.items}


async def _parcel(conn: AsyncConnection, fact: Any) -> set[UUID]:
    return {(await shipping.read(conn, fact.shipment_id)).seller_id}


async def _refund(conn: AsyncConnection, fact: Any) -> set[UUID]:
    return await payments.sellers_of_refund(conn, fact.refund_id, fact.order_id)


async def _complaint(conn: AsyncConnection, fact: Any) -> set[UUID]:
    return {fact.seller_id} if fact.seller_id else {*await orders.only_seller(conn, fact.order_id)}


CAUSES: Mapping[type[Event], Concerned] = MappingProxyType(
    {
        OrderConfirmed: _order,
        OrderCancelled: _order,
        ReturnRequested: _returned,
        OrderReturned: _returned,
        RefundRequested: _refund,
        RefundSucceeded: _refund,
        ShipmentCreated: _seller,
        ShipmentTracked: _parcel,
        ShipmentCancelled: _parcel,
        ProductCreated: _seller,
        ProductUpdated: _seller,
        ProductDeleted: _seller,
        StockRanLow: _seller,
        StockRanOut: _seller,
        StockCameBack: _seller,
        RatingAdded: _seller,
        CommentCreated: _seller,
        ComplaintOpened: _complaint,
        ComplaintResolved: _complaint,
        PayoutPaid: _seller,
        PayoutFailed: _seller,
    }
)
EVENTS = tuple(sorted(cls.name for cls in CAUSES))


def data(fact: Event) -> dict[str, Any]:
    """What is told of a fact."""
    fields = {name: getattr(fact, name) for name in fact.__struct_fields__ if name in TOLD}
    return {name: value for name, value in msgspec.to_builtins(fields).items() if value is not None}
