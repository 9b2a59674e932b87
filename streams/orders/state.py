"""Orders on their way: pure. A step that is still due so long after its time is stuck, and told once (R-ORD-17).

The steps are those that the core takes by itself: what shoppers, sellers and carriers take their time for is not one.
The facts of an order stand in several topics, so that an answer may be read before its question: it is kept with the
order until nothing is waited for any more.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import msgspec

from streams.events import Envelope, Event, payments
from streams.events import orders as events
from streams.events.carts import CartConverted
from streams.events.inventory import InventoryDeducted, InventoryReleased, InventoryReserved, StockMoved
from streams.events.shipping import ShipmentCreated
from streams.events.signals import OrderStuck
from streams.ids import text
from streams.reading import Place
from streams.signalling import Cause, cause_of, told
from streams.tables import Table
from streams.timers import Timers

Step = Literal["pay", "confirm", "end", "deduct", "convert", "prepare", "release", "refund"]
TOPICS = ("orders", "payments", "inventory", "carts", "shipping")
LINGERS = timedelta(hours=1)
"""An order that waits for nothing is kept for so long: answers that are read late find that they were answered."""

DONE_BY: Mapping[type[Event], tuple[Step, ...]] = MappingProxyType(
    {
        payments.PaymentCreated: ("end",),
        payments.PaymentAuthorized: ("pay", "end"),
        payments.PaymentProcessed: ("pay", "end"),
        payments.RefundApproved: ("refund",),
        InventoryDeducted: ("deduct",),
        InventoryReleased: ("release",),
        CartConverted: ("convert",),
        ShipmentCreated: ("prepare",),
        events.OrderConfirmed: ("pay", "confirm", "end"),
        events.OrderCancelled: ("pay", "confirm", "end", "deduct", "convert", "prepare"),
    }
)
WAITED_FOR: tuple[type[Event], ...] = (
    events.OrderCreated, events.OrderConfirmed, events.OrderCancelled, payments.PaymentCreated,
    payments.PaymentAuthorized, payments.PaymentProcessed, payments.PaymentFailed, payments.PaymentExpired,
    payments.RefundApproved, InventoryReserved, InventoryDeducted, InventoryReleased, CartConverted, ShipmentCreated,
)  # fmt: skip


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """A step that is due since a moment, by that cause."""

    since: datetime
    cause: Cause


class Order(msgspec.Struct, kw_only=True):
    """What an order waits for, and what has been done for it.

    `is_placed`: its beginning was read; `paid` is a payment that was read before. `has_cart`: it was made of a cart.
    """

    is_placed: bool = False
    paid: Wait | None = None
    has_cart: bool = False
    waits: dict[Step, Wait] = msgspec.field(default_factory=dict)
    done: set[Step] = msgspec.field(default_factory=set)
    last_at: datetime


class Orders:
    """The table of orders that something is due for, and of those that it was lately."""

    def __init__(self, patience: timedelta) -> None:
        self.table: Table[Order] = Table("orders_open", Order, "order: what it waits for, since when")
        self.timers = Timers()
        self._patience = patience

    def arm(self) -> None:
        """Set the timers of a table that was loaded."""
        self.timers.load((key, self._next(order)) for key, order in self.table.values.items())

    def _next(self, order: Order) -> datetime:
        overdue = [wait.since + self._patience for wait in order.waits.values()]
        return min(overdue, default=order.last_at + LINGERS)

    def apply(self, envelope: Envelope, place: Place) -> None:
        """Take a fact; what was taken before changes nothing."""
        event = envelope.payload
        order_id = _order_of(event)
        if order_id is None:
            return
        key = text(order_id)
        order = self.table.get(key) or Order(last_at=envelope.occurred_at)
        order.last_at = max(order.last_at, envelope.occurred_at)
        _answer(order, event)
        for step, wait in _questions(order, event, Wait(since=envelope.occurred_at, cause=cause_of(envelope))):
            if step not in order.done:
                order.waits.setdefault(step, wait)
        self.table.put(key, order, place.partition)
        self.timers.arm(key, self._next(order))

    def fire(self, now: datetime, news_from: datetime) -> list[Envelope]:
        """The steps that are overdue, and forget the orders that nothing is due for."""
        return [signal for key in self.timers.due(now) for signal in self._look(key, now, news_from)]

    def _look(self, key: str, now: datetime, news_from: datetime) -> list[Envelope]:
        order = self.table.get(key)
        if order is None:
            return []
        if self._next(order) > now:
            self.timers.arm(key, self._next(order))
            return []
        if not order.waits:
            self.table.drop(key)
            return []
        overdue = {step: wait for step, wait in order.waits.items() if wait.since + self._patience <= now}
        order.waits = {step: wait for step, wait in order.waits.items() if step not in overdue}
        order.done |= overdue.keys()
        self.table.put(key, order, self.table.partitions[key])
        self.timers.arm(key, self._next(order))
        signals = [self._stuck(UUID(key), step, wait) for step, wait in overdue.items()]
        return [signal for signal in signals if signal.occurred_at >= news_from]

    def _stuck(self, order_id: UUID, step: Step, wait: Wait) -> Envelope:
        signal = OrderStuck(
            order_id=order_id,
            step=step,
            since=wait.since,
            due_at=wait.since + self._patience,
            triggered_by=(wait.cause.event_id,),
        )
        return told(signal, wait.cause, step)


def _order_of(event: Event) -> UUID | None:
    """The order that a fact is about; None for stock that moved for another reason, and for what matters to no step."""
    if isinstance(event, StockMoved):
        return event.cause_id if event.cause_type == "order" and event.on_hand_delta > 0 else None
    order_id: UUID | None = getattr(event, "order_id", None) if isinstance(event, WAITED_FOR) else None
    return order_id


def _answer(order: Order, event: Event) -> None:
    if isinstance(event, InventoryReserved):  # held anew: it is to be given back anew
        order.done.discard("release")
        return
    done: tuple[Step, ...] = ("release",) if isinstance(event, StockMoved) else DONE_BY.get(type(event), ())
    order.done |= set(done)
    order.waits = {step: wait for step, wait in order.waits.items() if step not in done}


def _questions(order: Order, event: Event, now: Wait) -> Iterator[tuple[Step, Wait]]:
    """The steps that are due because of a fact, and since when.

    Money of an order whose beginning is not known comes at its delivery, long after its confirmation.
    """
    match event:
        case events.OrderCreated():
            yield from _after_checkout(order, event, now)
        case payments.PaymentAuthorized() | payments.PaymentProcessed():
            order.paid = now
            if order.is_placed:
                yield "confirm", now
        case payments.PaymentFailed() | payments.PaymentExpired() if order.is_placed:
            yield "end", now
        case events.OrderConfirmed():
            yield from _after_confirmation(order, now)
        case events.OrderCancelled():
            yield "release", now
            if event.refund_due_minor:
                yield "refund", now


def _after_checkout(order: Order, event: events.OrderCreated, now: Wait) -> Iterator[tuple[Step, Wait]]:
    order.is_placed, order.has_cart = True, event.cart_id is not None
    if event.hold_expires_at is not None:
        yield "pay", Wait(since=event.hold_expires_at, cause=now.cause)
    if order.paid is not None:
        yield "confirm", order.paid


def _after_confirmation(order: Order, now: Wait) -> Iterator[tuple[Step, Wait]]:
    steps: tuple[Step, ...] = ("deduct", "prepare", "convert") if order.has_cart else ("deduct", "prepare")
    for step in steps:
        yield step, now
