"""On this fact, that service: everything that follows from a fact inside the core, on one page (8.5, R-ORD-9).

A reaction runs in a transaction of its own that also writes its inbox row, so it takes effect once however often its
fact arrives. What has to speak to a gateway comes afterwards, outside any transaction, and is safe to repeat by the
state of its row.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import outbox
from api.carts import service as carts
from api.catalog import service as catalog
from api.complaints import erasure as erase_complaints
from api.complaints import service as complaints
from api.errors import GatewayUnavailable
from api.inventory import service as inventory
from api.notifications import service as notifications
from api.orders import erasure as erase_orders
from api.orders import queries as orders_read
from api.orders import service as orders
from api.payments import service as payments
from api.payouts import service as payouts
from api.promotions import service as promotions
from api.reviews import service as reviews
from api.sellers import service as sellers
from api.shipping import erasure as erase_parcels
from api.shipping import queries as shipping_read
from api.shipping import service as shipping
from api.webhooks import service as webhooks
from streams.events import Event, Item
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
from streams.events.shipping import ShipmentTracked
from streams.events.users import UserErased

Reaction = Callable[[AsyncConnection, Any], Awaitable[None]]
Action = Callable[[AsyncEngine, payments.Guard, Any], Awaitable[None]]


async def confirm_order(conn: AsyncConnection, fact: PaymentProcessed) -> None:
    """S7; when the order cannot stand any more, the money goes back (C2)."""
    if await orders.confirm(conn, fact.order_id, fact.payment_id) == "over":
        await _refund(conn, OrderCancelled.name, fact)


async def accept_order(conn: AsyncConnection, fact: PaymentAuthorized) -> None:
    """S7 for money that is set aside or promised; for an order that has ended it is let go again."""
    if await orders.confirm(conn, fact.order_id, fact.payment_id, captured=False) == "over":
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
    to = shipping.Destination(order_id=order.id, address=order.shipping_address, currency=order.currency)
    goods = [
        shipping.ToSend(
            order_item_id=line.id, product_id=line.product_id, seller_id=line.seller_id, quantity=line.quantity
        )
        for line in await orders_read.lines(conn, order.id)
    ]
    parcels = await shipping.prepare(conn, to, goods)
    if parcels:
        await orders.start_processing(conn, order.id, parcels)


async def give_stock_back(conn: AsyncConnection, fact: OrderCancelled) -> None:
    """A hold is released; units that had left the stock are put back (R-INV-7)."""
    cause: Mapping[str, inventory.ReleaseCause] = {"payment_failed": "payment_failed", "payment_expired": "expired"}
    hold = await inventory.live_hold(conn, fact.order_id)
    if hold is None:
        return
    if hold.status == "held":
        hold = await inventory.release(conn, fact.order_id, cause.get(fact.cancellation_reason, "cancelled"))
        await outbox.record(conn, *hold.facts)
    else:
        why = inventory.Cause("order", fact.order_id)
        await outbox.record(conn, *await inventory.restock(conn, items=hold.items, cause=why))


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
    """An order that never stood gives its cart back (R-CRT-5)."""
    order = await orders_read.read(conn, fact.order_id)
    if fact.from_status == "pending" and order.cart_id:
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
    """Nobody took the goods: what was promised for them is called off (R-PAY-9)."""
    if fact.full:
        await payments.call_off(conn, fact.order_id, OrderReturned.name)


async def restock_return(conn: AsyncConnection, fact: OrderReturned) -> None:
    """Goods that the receiver found fit for sale go back into stock (R-INV-7)."""
    if (await orders_read.returned_goods(conn, fact.return_id)).restock:
        items = [Item(product_id=line.product_id, quantity=line.quantity) for line in fact.items]
        why = inventory.Cause("return", fact.return_id)
        await outbox.record(conn, *await inventory.restock(conn, items=items, kind="returned", cause=why))


async def note_refund(conn: AsyncConnection, fact: RefundSucceeded) -> None:
    """The order knows what went back; a full refund without a return ends it (8.4)."""
    by_return = fact.cause_type == "return"
    await orders.note_refunded(
        conn, fact.order_id, fact.refund_id, fact.amount_minor, full=fact.full, by_return=by_return
    )


async def follow_parcel(conn: AsyncConnection, fact: ShipmentTracked) -> None:
    """The first hand-over ships the order's parcel, its arrival delivers it (S9, R-SHP-5); a replacement neither."""
    if (await shipping_read.read(conn, fact.shipment_id)).kind != "outbound":
        return
    left = ("picked_up", "in_transit", "out_for_delivery", "delivered")
    if fact.status_before == "pending" and fact.status_after in left:
        await orders.note_shipped(conn, fact.order_id, fact.shipment_id, fact.carrier, fact.tracking_number)
    if fact.status_before != "delivered" and fact.status_after == "delivered":
        await orders.note_delivered(conn, fact.order_id, fact.shipment_id, fact.tracked_at)
    if fact.status_before != "returned" and fact.status_after == "returned":
        await orders.note_came_back(conn, fact.order_id)


async def empty_closed_shop(conn: AsyncConnection, fact: SellerUpdated) -> None:
    """The products of a closed seller leave the catalogue (R-SEL-5)."""
    if fact.status == "closed" and "status" in fact.changed:
        await catalog.remove_all(conn, fact.seller_id)


async def note_rating(conn: AsyncConnection, fact: RatingAdded | RatingUpdated | RatingDeleted) -> None:
    """The product's sum and count follow its reviews (R-REV-3)."""
    before = None if isinstance(fact, RatingAdded) else fact.rating_before
    after = None if isinstance(fact, RatingDeleted) else fact.rating
    await catalog.note_rating(conn, fact.product_id, before=before, after=after)


async def forget_reviewer(conn: AsyncConnection, fact: UserErased) -> None:
    """The reviews of an erased account stay without their author (R-USR-15)."""
    await reviews.forget_author(conn, fact.user_id)


async def send_messages(conn: AsyncConnection, fact: Event) -> None:
    """Those whom it concerns are told (R-NOT-1)."""
    await notifications.tell(conn, fact)


async def forget_shopper(conn: AsyncConnection, fact: UserErased) -> None:
    """Carts, orders, parcels and a closed shop of an erased account keep its bare id (R-USR-15)."""
    await carts.forget(conn, fact.user_id)
    await erase_orders.forget(conn, fact.user_id)
    await erase_parcels.forget(conn, fact.user_id)
    await erase_complaints.forget(conn, fact.user_id)
    await sellers.forget_owner(conn, fact.user_id)


async def tell_systems(conn: AsyncConnection, fact: Event) -> None:
    """The systems of sellers whom it concerns are told, where they asked for it."""
    await webhooks.tell(conn, fact)


async def pay_back(pool: AsyncEngine, gateway: payments.Guard, fact: RefundApproved) -> None:
    """The gateway pays; the sweeper takes over when this process dies, or the gateway refuses or rests."""
    with suppress(GatewayUnavailable):
        await payments.pay_back(pool, gateway, fact.refund_id)


async def pay_seller(pool: AsyncEngine, gateway: payments.Guard, fact: PayoutRequested) -> None:
    """The gateway pays the seller; the sweeper takes over when this process dies, or the gateway refuses or rests."""
    with suppress(GatewayUnavailable):
        await payouts.pay(pool, gateway, fact.payout_id)


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


_EFFECTS: Mapping[type[Event], tuple[Reaction, ...]] = MappingProxyType(
    {
        PaymentProcessed: (confirm_order,),
        PaymentAuthorized: (accept_order,),
        PaymentFailed: (end_unpaid_order,),
        PaymentExpired: (end_unpaid_order,),
        OrderConfirmed: (deduct_stock, convert_cart, prepare_parcels),
        OrderCancelled: (
            give_stock_back,
            give_money_back,
            call_parcels_off,
            restore_cart,
            give_uses_back,
            orders.unbook_cancelled,
        ),
        OrderDelivered: (collect_cash,),
        OrderReturned: (refund_return, restock_return, orders.unbook_returned, call_cash_off),
        RefundSucceeded: (note_refund,),
        ComplaintResolved: (complaints.settle,),
        ShipmentTracked: (follow_parcel,),
        SellerUpdated: (empty_closed_shop,),
        RatingAdded: (note_rating,),
        RatingUpdated: (note_rating,),
        RatingDeleted: (note_rating,),
        UserErased: (forget_reviewer, forget_shopper),
    }
)
REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = MappingProxyType(
    {
        cls: (
            *_EFFECTS.get(cls, ()),
            *((send_messages,) if cls in notifications.CAUSES else ()),
            *((tell_systems,) if cls in webhooks.CAUSES else ()),
        )
        for cls in {*_EFFECTS, *notifications.CAUSES, *webhooks.CAUSES}
    }
)
AFTERWARDS: Mapping[type[Event], tuple[Action, ...]] = MappingProxyType(
    {RefundApproved: (pay_back,), PayoutRequested: (pay_seller,)}
)

NAMES = frozenset(cls.name for cls in (*REACTIONS, *AFTERWARDS))
TOPICS = tuple(sorted({cls.topic for cls in (*REACTIONS, *AFTERWARDS)}))
