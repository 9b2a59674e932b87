"""What follows from the facts of an order, its money, its parcels and its complaints (8.5)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.carts import queries as carts_read
from api.carts import service as carts
from api.inventory import service as inventory
from api.orders import charges
from api.orders import queries as orders_read
from api.orders import service as orders
from api.payments import service as payments
from api.promotions import service as promotions
from api.shipping import queries as shipping_read
from api.shipping import service as shipping
from api.shipping.states import has_left
from streams.events import Item
from streams.events.orders import OrderCancelled, OrderConfirmed, OrderDelivered, OrderReturned
from streams.events.payments import (
    PaymentAuthorized,
    PaymentExpired,
    PaymentFailed,
    PaymentProcessed,
    RefundSucceeded,
)
from streams.events.shipping import ShipmentCancelled, ShipmentTracked

_BY: Mapping[str, str] = MappingProxyType({"seller_request": "seller", "operator": "operator"})


async def confirm_order(conn: AsyncConnection, fact: PaymentProcessed) -> None:
    """S7; when the order cannot stand any more, the money goes back (C2)."""
    if await orders.confirm(conn, fact.order_id, fact.payment_id, method=fact.payment_method) == "over":
        await _refund(conn, OrderCancelled.name, fact)


async def accept_order(conn: AsyncConnection, fact: PaymentAuthorized) -> None:
    """S7 for money that is set aside or promised; for an order that has ended it is let go again."""
    method = fact.payment_method
    if await orders.confirm(conn, fact.order_id, fact.payment_id, method=method, captured=False) == "over":
        await payments.call_off(conn, fact.order_id, OrderCancelled.name)


async def collect_cash(conn: AsyncConnection, fact: OrderDelivered) -> None:
    """The carrier took the money at the door (R-PAY-9)."""
    if fact.fully_delivered:
        await payments.collect(conn, fact.order_id)


async def end_unpaid_order(conn: AsyncConnection, fact: PaymentFailed | PaymentExpired) -> None:
    """C1: a decline is final, the shopper checks out again (R-PAY-5)."""
    reason = "payment_failed" if isinstance(fact, PaymentFailed) else "payment_expired"
    await orders.end_unpaid(conn, fact.order_id, reason=reason, by="reactor")


async def deduct_stock(conn: AsyncConnection, fact: OrderConfirmed) -> None:
    """S8: the held units leave the stock, unless the order was cancelled in between (R-INV-6)."""
    order = await orders_read.locked(conn, fact.order_id)
    if order.status != "cancelled":
        hold = await inventory.deduct(conn, fact.order_id)
        await outbox.record(conn, *hold.facts)


async def convert_cart(conn: AsyncConnection, fact: OrderConfirmed) -> None:
    """S8: the cart has become an order for good (R-ORD-7)."""
    order = await orders_read.read(conn, fact.order_id)
    if order.cart_id:
        await outbox.record(conn, *await carts.convert(conn, order.cart_id, order.id))


async def prepare_parcels(conn: AsyncConnection, fact: OrderConfirmed) -> None:
    """S8: one parcel per seller, and the order is in processing (R-SHP-1)."""
    order = await orders_read.locked(conn, fact.order_id)
    if order.status == "cancelled":
        return
    to = shipping.Destination(
        order_id=order.id, address=order.shipping_address, currency=order.currency, ways=_ways(order)
    )
    goods = [
        shipping.ToSend(
            order_item_id=line.id,
            product_id=line.product_id,
            seller_id=line.seller_id,
            quantity=line.quantity - line.returned_quantity,
        )
        for line in await orders_read.lines(conn, order.id)
        if line.quantity > line.returned_quantity
    ]
    parcels = await shipping.prepare(conn, to, goods)
    if parcels:
        await orders.start_processing(conn, order.id, parcels)


def _ways(order: Row[Any]) -> dict[UUID, shipping.Way]:
    """How each seller's parcel goes; it arrives in time when it leaves on the day that the order is confirmed."""
    today = ids.now().date()
    return {
        charge.seller_id: shipping.Way(
            carrier=charge.carrier,
            service=charge.service,
            cost_minor=charge.cost_minor,
            estimated_delivery=charge.arrives_by(today),
        )
        for charge in charges.of_order(order)
    }


async def give_stock_back(conn: AsyncConnection, fact: OrderCancelled) -> None:
    """A hold is released; units that had left the stock are put back (R-INV-7)."""
    cause: Mapping[str, inventory.ReleaseCause] = {"payment_failed": "payment_failed", "payment_expired": "expired"}
    await orders_read.locked(conn, fact.order_id)
    given = await inventory.give_back(conn, fact.order_id, cause.get(fact.cancellation_reason, "cancelled"))
    await outbox.record(conn, *given)


async def give_money_back(conn: AsyncConnection, fact: OrderCancelled) -> None:
    """What was captured is refunded; a payment that was not sent to the gateway yet is called off (C3)."""
    if fact.refund_due_minor:
        await _refund(conn, OrderCancelled.name, fact)
    else:
        await payments.call_off(conn, fact.order_id, fact.cancellation_reason)


async def call_parcels_off(conn: AsyncConnection, fact: OrderCancelled) -> None:
    """Parcels that have not left are cancelled (C3)."""
    await shipping.call_off(conn, fact.order_id, fact.cancellation_reason)


async def restore_cart(conn: AsyncConnection, fact: OrderCancelled) -> None:
    """An order that never stood gives its cart back (R-CRT-5), unless an operator did and another stands on it now."""
    order = await orders_read.read(conn, fact.order_id)
    if fact.from_status != "pending" or not order.cart_id:
        return
    await carts_read.locked(conn, order.cart_id)
    if not await orders_read.bought(conn, order.cart_id):
        await outbox.record(conn, *await carts.restore(conn, order.cart_id, order.id, fact.cancellation_reason))


async def give_uses_back(conn: AsyncConnection, fact: OrderCancelled) -> None:
    """C1: an order that never stood, or that its seller or an operator took away, uses no promotion (R-PRO-5)."""
    if fact.from_status == "pending" or fact.cancelled_by in ("seller", "operator"):
        await outbox.record(conn, *await promotions.released(conn, fact.order_id))


async def refund_return(conn: AsyncConnection, fact: OrderReturned) -> None:
    """An accepted return is refunded to the shopper (R-PAY-11)."""
    if fact.refund_amount_minor:
        await _refund(conn, OrderReturned.name, fact)


async def call_cash_off(conn: AsyncConnection, fact: OrderReturned) -> None:
    """The order has ended: the carrier took the cash of what arrived, what nobody took is called off (R-PAY-9)."""
    if fact.full:
        await payments.collect(conn, fact.order_id)
        await payments.call_off(conn, fact.order_id, OrderReturned.name)


async def restock_return(conn: AsyncConnection, fact: OrderReturned) -> None:
    """Goods that the receiver found fit for sale go back into stock (R-INV-7)."""
    if (await orders_read.returned_goods(conn, fact.return_id)).restock:
        items = [Item(product_id=line.product_id, quantity=line.quantity) for line in fact.items]
        why = inventory.Cause("return", fact.return_id)
        await outbox.record(conn, *await inventory.restock(conn, items=items, kind="returned", cause=why))


async def note_refund(conn: AsyncConnection, fact: RefundSucceeded) -> None:
    """The order knows what went back; a full refund ends it unless a return did, and no more of it is sent (8.4)."""
    by_return = fact.cause_type == "return"
    await orders.note_refunded(
        conn, fact.order_id, fact.refund_id, fact.amount_minor, full=fact.full, by_return=by_return
    )
    status = (await orders_read.read(conn, fact.order_id)).status
    if status == "refunded" or (fact.full and status == "returned"):
        await shipping.call_off(conn, fact.order_id, "refunded")


async def follow_parcel(conn: AsyncConnection, fact: ShipmentTracked) -> None:
    """The first hand-over ships the order's parcel, its arrival delivers it (S9, R-SHP-5)."""
    parcel = await shipping_read.read(conn, fact.shipment_id)
    if parcel.kind != "outbound":
        await _follow_replacement(conn, fact, parcel.seller_id)
        return
    if fact.status_before == "pending" and has_left(fact.status_after):
        await orders.note_shipped(conn, fact.order_id, fact.shipment_id, fact.carrier, fact.tracking_number)
    if fact.status_before != "delivered" and fact.status_after == "delivered":
        await orders.note_delivered(conn, fact.order_id, fact.shipment_id, fact.tracked_at)
    if fact.status_before != "returned" and fact.status_after == "returned":
        await orders.note_came_back(conn, fact.order_id, parcel.seller_id)


async def _follow_replacement(conn: AsyncConnection, fact: ShipmentTracked, seller_id: UUID) -> None:
    """It changes its order only where the goods that it replaces came back; if it comes back, it is paid back."""
    if fact.status_before == fact.status_after:
        return
    if fact.status_after == "delivered":
        await orders.note_replaced(conn, fact.order_id)
    elif fact.status_after == "returned":
        await _pay_unreplaced(conn, fact.order_id, seller_id)


async def _pay_unreplaced(conn: AsyncConnection, order_id: UUID, seller_id: UUID) -> None:
    """Goods that were promised do not arrive: the shopper gets the money, as with any other parcel."""
    await orders.note_came_back_too(conn, order_id, seller_id)
    await orders_read.locked(conn, order_id)
    await payments.give_unreplaced(conn, order_id)


async def drop_parcel(conn: AsyncConnection, fact: ShipmentCancelled) -> None:
    """A parcel will not be sent although its order stood: its goods go back into stock, its money to the shopper.

    Of an order that was cancelled as a whole, all of it goes back at once.
    """
    order = await orders_read.locked(conn, fact.order_id)
    parcel = await shipping_read.read(conn, fact.shipment_id)
    if order.status != "cancelled" and parcel.kind == "outbound":
        await orders.note_not_sent(conn, order.id, parcel.seller_id, by=_BY.get(fact.cause, "reactor"))
    elif order.status != "cancelled":
        await _pay_unreplaced(conn, order.id, parcel.seller_id)
    if (await orders_read.read(conn, order.id)).status != "cancelled":
        goods, why = await shipping_read.goods(conn, parcel.id), inventory.Cause("order", order.id)
        await outbox.record(conn, *await inventory.restock(conn, items=goods, cause=why))


async def _refund(conn: AsyncConnection, cause: str, fact: PaymentProcessed | OrderCancelled | OrderReturned) -> None:
    """A refund by rule, one per cause: all that is left for a cancellation, at most the accepted sum for a return."""
    returned = fact if isinstance(fact, OrderReturned) else None
    wish = payments.Wish(
        fact.order_id,
        reason_code=cause,
        cause_type="return" if returned else "cancel",
        cause_id=returned.return_id if returned else fact.order_id,
        amount_minor=returned.refund_amount_minor if returned else None,
        approved_by="rule",
    )
    await payments.follow(conn, wish)
