"""What the worker keeps an eye on: carts, parcels, orders and prices, and what becomes due of them in event time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from streams.carts.state import Carts
from streams.catalog.prices import doubted
from streams.clock import Clock
from streams.events import Envelope, Event
from streams.events import carts as cart_events
from streams.events.catalog import ProductUpdated
from streams.events.inventory import StockMoved
from streams.events.shipping import ShipmentCancelled, ShipmentEvent, ShipmentTracked
from streams.orders import state as orders
from streams.reading import Place
from streams.shipping.state import Parcels
from streams.signalling import NEWS, is_imported
from streams.tables import Table

CARTS: tuple[type[Event], ...] = (
    cart_events.CartItemAdded, cart_events.CartItemChanged, cart_events.CartItemRemoved, cart_events.CartItemRejected,
    cart_events.CartCleared, cart_events.CartCouponChanged, cart_events.CartCheckedOut, cart_events.CartConverted,
    cart_events.CartRestored, cart_events.CartExpired, cart_events.CheckoutRejected,
)  # fmt: skip
READ: tuple[type[Event], ...] = (*CARTS, *orders.WAITED_FOR, ShipmentTracked, ShipmentCancelled)
"""Events that nobody else in the worker reads."""
TOPICS = ("carts", "catalog", "orders", "payments", "inventory", "shipping")
"""Topics whose events may give rise to a signal."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """After how long a cart is abandoned and a step of an order stuck, how long a carrier's day lasts, and by which
    factor a price has to change at once to be doubted.
    """

    cart_idle: timedelta = timedelta(hours=1)
    order_patience: timedelta = timedelta(minutes=1)
    carrier_day: timedelta = timedelta(days=1)
    price_factor: int = 10


class Watch:
    """The tables and their timers; `is_told` says of a signal's id whether it stands in the log from an earlier start.

    What an importer wrote gives rise to nothing.
    """

    def __init__(self, rules: Rules, clock: Clock, is_told: Callable[[UUID], bool]) -> None:
        self._rules, self._clock = rules, clock
        self.carts = Carts(rules.cart_idle, is_told)
        self.orders = orders.Orders(rules.order_patience)
        self.parcels = Parcels(rules.carrier_day)

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        """What is stored."""
        return self.carts.table, self.orders.table, self.parcels.table

    def arm(self) -> None:
        """Set the timers of tables that were loaded."""
        for state in (self.carts, self.orders, self.parcels):
            state.arm()

    @property
    def overdue_since(self) -> datetime | None:
        """The earliest moment of a timer that should have fired by now."""
        moments = [state.timers.earliest for state in (self.carts, self.orders, self.parcels)]
        return min((found for found in moments if found is not None and found <= self._clock.wall()), default=None)

    @property
    def _news_from(self) -> datetime:
        return self._clock.wall() - NEWS

    def apply(self, envelope: Envelope, place: Place) -> list[Envelope]:
        """Take one event; the signals that follow from it."""
        if is_imported(envelope):
            return []
        event, signals = envelope.payload, list[Envelope]()
        if isinstance(event, cart_events.CartEvent):
            signals = self.carts.apply(envelope, place, self._news_from)
        elif isinstance(event, ShipmentEvent):
            signals = self.parcels.apply(envelope, place, self._news_from)
        if isinstance(event, (StockMoved, *orders.WAITED_FOR)):
            self.orders.apply(envelope, place)
        return signals

    def price(self, envelope: Envelope) -> list[Envelope]:
        """The signal of a changed product, if its price is doubted; a change that is read again has none."""
        if is_imported(envelope) or not isinstance(envelope.payload, ProductUpdated):
            return []
        return doubted(envelope, self._rules.price_factor, self._news_from)

    def fire(self) -> list[Envelope]:
        """The signals of what became due since the last call, as far as event time has come."""
        signals = list[Envelope]()
        for state, topics in (
            (self.carts, ("carts",)), (self.orders, orders.TOPICS), (self.parcels, ("shipping",)),
        ):  # fmt: skip
            now = self._clock.now(topics)
            if now is not None:
                signals += state.fire(now, self._news_from)
        return signals
