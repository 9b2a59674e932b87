"""What shoppers and sellers are told of an order, its parcels and its returns."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.columns import Json
from api.notifications import queries
from api.notifications.kinds import Type
from api.notifications.service.writing import Draft, withdraw
from api.orders import queries as orders
from streams.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderReturned,
    OrderShipped,
    ReturnRejected,
    ReturnRequested,
)
from streams.events.shipping import ShipmentCancelled, ShipmentTracked

NEWS_OF_PARCELS = frozenset({"in_transit", "out_for_delivery", "failed", "returned"})
NEVER_PAID = frozenset({"payment_failed", "payment_expired"})


def about(order: Row[Any], **more: Any) -> Json:
    """What every message about an order knows."""
    return {"order_id": str(order.id), "order_number": order.order_number, "currency": order.currency, **more}


def goods(lines: Sequence[Row[Any]]) -> list[Json]:
    """Order lines as a message shows them."""
    return [{"name": line.product_name, "quantity": line.quantity, "total_minor": line.total_minor} for line in lines]


def asked_for(order: Row[Any], type_: Type) -> UUID:
    """The cause of a message about an order's status that was asked for, not caused by a fact."""
    return ids.derived(order.created_at, "asked", type_, order.id)


def _unless_asked(order: Row[Any], draft: Draft) -> Draft:
    """When it was asked for before its fact came, it is not written: it is sent once (E-NOT-3)."""
    return replace(draft, asked_for=asked_for(order, draft.type))


async def confirmed(conn: AsyncConnection, fact: OrderConfirmed) -> list[Draft]:
    """The shopper's order stands, each of its sellers has a new one; not if it was cancelled meanwhile (R-NOT-6)."""
    order = await orders.locked(conn, fact.order_id)
    if order.status == "cancelled":
        return []
    lines = await orders.lines(conn, order.id)
    own = {
        seller: [line for line in lines if line.seller_id == seller] for seller in {line.seller_id for line in lines}
    }
    shopper = _unless_asked(order, confirmation(order, lines))
    sellers = [
        Draft("new_order", "new_order", about(order, items=goods(rows)), seller_id=seller)
        for seller, rows in own.items()
    ]
    return [shopper, *sellers]


def confirmation(order: Row[Any], lines: Sequence[Row[Any]]) -> Draft:
    """An order stands."""
    data = about(order, items=goods(lines), total_minor=order.total_minor)
    return Draft("order_confirmation", "order_confirmation", data, user_id=order.user_id)


async def shipped(conn: AsyncConnection, fact: OrderShipped) -> list[Draft]:
    """A parcel left."""
    order = await orders.locked(conn, fact.order_id)
    draft = parcel_left(order, fact.carrier, fact.tracking_number, fully=fact.fully_shipped)
    return [_unless_asked(order, draft)]


def parcel_left(order: Row[Any], carrier: str | None, tracking_number: str | None, *, fully: bool) -> Draft:
    """A parcel of an order is on its way."""
    data = about(order, carrier=carrier or "", tracking_number=tracking_number or "", fully=fully)
    return Draft("order_shipped", "order_shipped", data, user_id=order.user_id)


async def tracked(conn: AsyncConnection, fact: ShipmentTracked) -> list[Draft]:
    """A parcel came further; its leaving and its arrival are messages about the order."""
    if fact.status_after == fact.status_before or fact.status_after not in NEWS_OF_PARCELS:
        return []
    order = await orders.read(conn, fact.order_id)
    parcel = {"carrier": fact.carrier or "", "tracking_number": fact.tracking_number or "", "status": fact.status_after}
    return [Draft("tracking_update", "tracking_update", about(order, **parcel), user_id=order.user_id)]


async def called_off(conn: AsyncConnection, fact: ShipmentCancelled) -> list[Draft]:
    """The order was paid back before this parcel left: its seller must not send it. Else others tell more of it."""
    if fact.cause != "refunded":
        return []
    order = await orders.read(conn, fact.order_id)
    seller_id = await queries.sender(conn, fact.shipment_id)
    return [Draft("order_cancelled", "order_cancelled_seller", about(order), seller_id=seller_id)]


async def delivered(conn: AsyncConnection, fact: OrderDelivered) -> list[Draft]:
    """A parcel arrived; with the last one buyers are asked how they like it.

    Of parcels that arrived at the same moment each fact is the last one's: all of it is told with the first.
    """
    order = await orders.locked(conn, fact.order_id)
    if fact.fully_delivered and await queries.told(conn, order.user_id, "review_invitation", order.id):
        return []
    found = [_unless_asked(order, arrival(order, fully=fact.fully_delivered))]
    if fact.fully_delivered:
        found.append(Draft("review_invitation", "review_invitation", about(order), user_id=order.user_id))
    return found


def arrival(order: Row[Any], *, fully: bool) -> Draft:
    """A parcel of an order has arrived."""
    return Draft("order_delivered", "order_delivered", about(order, fully=fully), user_id=order.user_id)


async def cancelled(conn: AsyncConnection, fact: OrderCancelled) -> list[Draft]:
    """The order ended. Sellers knew of it only if it was paid; a shopper whose payment failed has been told so."""
    order = await orders.locked(conn, fact.order_id)
    await withdraw(conn, ("order_confirmation", "new_order"), "order_id", order.id)
    sellers = await orders.sellers(conn, order.id) if fact.from_status != "pending" else ()
    found = [
        Draft("order_cancelled", "order_cancelled_seller", about(order), seller_id=seller) for seller in sorted(sellers)
    ]
    if fact.cancellation_reason in NEVER_PAID and await queries.payment_ended(conn, order.id):
        return found
    return [_unless_asked(order, cancellation(order, fact.refund_due_minor)), *found]


def cancellation(order: Row[Any], refund_minor: int) -> Draft:
    """An order was cancelled, and this much goes back."""
    return Draft("order_cancelled", "order_cancelled", about(order, refund_minor=refund_minor), user_id=order.user_id)


async def return_asked(conn: AsyncConnection, fact: ReturnRequested) -> list[Draft]:
    """Goods are to come back."""
    order = await orders.read(conn, fact.order_id)
    sellers = {line.seller_id for line in fact.items}
    return _both("return_requested", order, sellers, about(order))


async def returned(conn: AsyncConnection, fact: OrderReturned) -> list[Draft]:
    """Goods came back and were taken, or did not reach the shopper at all."""
    order = await orders.locked(conn, fact.order_id)
    sellers = {line.seller_id for line in fact.items}
    unasked = fact.return_reason == "other" and sellers <= await orders.undelivered_sellers(conn, order.id)
    template = "not_delivered" if unasked else "return_accepted"
    shopper, *others = _both(template, order, sellers, about(order, amount_minor=fact.refund_amount_minor))
    return [_unless_asked(order, shopper), *others]


async def return_refused(conn: AsyncConnection, fact: ReturnRejected) -> list[Draft]:
    """Goods came back and were not taken."""
    order = await orders.read(conn, fact.order_id)
    goods_back = await orders.returned_goods(conn, fact.return_id)
    sellers = {UUID(line["seller_id"]) for line in goods_back.items if line.get("seller_id")}
    return _both("return_rejected", order, sellers, about(order))


def not_delivered(order: Row[Any], sellers: set[UUID], amount_minor: int) -> list[Draft]:
    """A parcel does not reach the shopper, and this much goes back."""
    return _both("not_delivered", order, sellers, about(order, amount_minor=amount_minor))


def _both(template: str, order: Row[Any], sellers: set[UUID], data: Json) -> list[Draft]:
    """The shopper first, then the sellers whose goods it is about."""
    to_sellers = [Draft("return_update", f"{template}_seller", data, seller_id=seller) for seller in sorted(sellers)]
    return [Draft("return_update", template, data, user_id=order.user_id), *to_sellers]
