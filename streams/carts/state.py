"""Carts until they are bought: pure. A cart is abandoned when it was left alone for so long, in event time (R-CRT-3).

A change that comes after that moment withdraws it, however late both are read: what is told is the same in any order
of arrival of other carts, and after any kill.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from streams.events import Envelope
from streams.events import carts as events
from streams.events.signals import CartAbandoned, CartRecovered
from streams.ids import text
from streams.reading import Place
from streams.signalling import Cause, cause_of, id_of, told
from streams.tables import Table
from streams.timers import Timers

ACTIVE, ABANDONED, CHECKED_OUT = "active", "abandoned", "checked_out"
KEPT = timedelta(days=31)
"""A day longer than a cart lives (R-CRT-4): nothing is told of one that runs out unseen."""


class Line(msgspec.Struct, frozen=True):
    """Units of a product, and what one cost when some were last put in."""

    quantity: int
    price_minor: int


class Cart(msgspec.Struct, kw_only=True):
    """A cart after its fact number `seq`; `told_at` is when it was abandoned, if that was told."""

    seq: int
    user_id: UUID
    currency: str
    status: str = ACTIVE
    lines: dict[str, Line] = msgspec.field(default_factory=dict)
    changed_at: datetime
    changed_by: Cause
    told_at: datetime | None = None


class Carts:
    """The table of live carts; a cart that is empty, bought or expired is not in it."""

    def __init__(self, idle: timedelta, is_told: Callable[[UUID], bool] = lambda _: False) -> None:
        self.table: Table[Cart] = Table("carts", Cart, "cart: state, lines, idle since")
        self.timers = Timers()
        self._idle, self._is_told = idle, is_told

    def arm(self) -> None:
        """Set the timers of a table that was loaded."""
        self.timers.load((key, self._due(cart)) for key, cart in self.table.values.items())

    def _due(self, cart: Cart) -> datetime:
        return cart.changed_at + (self._idle if cart.status == ACTIVE else KEPT)

    def apply(self, envelope: Envelope, place: Place, news_from: datetime) -> list[Envelope]:
        """Take a fact; the signals that it gives rise to, none of what was due before `news_from`."""
        event, key = envelope.payload, str(envelope.aggregate_id)
        cart, signals = self.table.get(key), list[Envelope]()
        if cart is None:
            cart = _opened(envelope)
        elif envelope.aggregate_seq > cart.seq:
            signals = self._left_alone(key, cart, envelope, news_from)
        if cart is None or envelope.aggregate_seq <= cart.seq:
            return []
        cart.seq, cart.changed_at, cart.changed_by = envelope.aggregate_seq, envelope.occurred_at, cause_of(envelope)
        self._change(key, cart, event)
        self._keep(key, cart, event, place)
        return signals

    def _left_alone(self, key: str, cart: Cart, envelope: Envelope, news_from: datetime) -> list[Envelope]:
        """That it was left alone before this fact, and that the fact ends it.

        A signal that stands in the log already was told before a kill: of a fact that came late.
        """
        signals = list[Envelope]()
        if cart.status == ACTIVE and (self._due(cart) <= envelope.occurred_at or self._is_told(self._id(cart))):
            signals += self._abandon(key, cart, news_from)
        return signals + _recover(cart, envelope) if _takes_up(envelope.payload) else signals

    def _change(self, key: str, cart: Cart, event: Any) -> None:
        match event:
            case events.CartItemAdded():
                cart.lines[text(event.product_id)] = Line(event.quantity_after, event.price_minor)
                cart.currency = event.currency
            case events.CartItemChanged():
                known = cart.lines.get(text(event.product_id))
                cart.lines[text(event.product_id)] = Line(event.quantity_after, known.price_minor if known else 0)
            case events.CartItemRemoved():
                cart.lines.pop(text(event.product_id), None)
            case events.CartCleared():
                cart.lines = {}
            case events.CartRestored():
                self._merge(cart, {k: other for k, other in self._of(cart).items() if k != key and _live(other)})
            case events.CartExpired():
                for older, other in self._of(cart).items():
                    if other.status == CHECKED_OUT:
                        self._merge(other, {key: cart})
                        self.table.put(older, other, self.table.partitions[older])
        cart.status = CHECKED_OUT if isinstance(event, events.CartCheckedOut) else ACTIVE

    def _of(self, cart: Cart) -> dict[str, Cart]:
        return {key: other for key, other in self.table.values.items() if other.user_id == cart.user_id}

    def _merge(self, older: Cart, newer: dict[str, Cart]) -> None:
        """A cart that comes back takes the lines of the one that was opened meanwhile, which ends (R-CRT-5)."""
        for key, cart in newer.items():
            for product, line in cart.lines.items():
                known = older.lines.get(product)
                older.lines[product] = Line(line.quantity + (known.quantity if known else 0), line.price_minor)
            self.table.drop(key)

    def _keep(self, key: str, cart: Cart, event: Any, place: Place) -> None:
        ended = isinstance(event, events.CartConverted | events.CartExpired)
        if ended or not (cart.lines or cart.status == CHECKED_OUT):
            self.table.drop(key)
        else:
            self.table.put(key, cart, place.partition)
            self.timers.arm(key, self._due(cart))

    def fire(self, now: datetime, news_from: datetime) -> list[Envelope]:
        """The carts that have been left alone up to now, and forget those that ran out."""
        signals = []
        for key in self.timers.due(now):
            cart = self.table.get(key)
            if cart is None:
                continue
            if self._due(cart) > now:
                self.timers.arm(key, self._due(cart))
            elif cart.status == ACTIVE:
                signals += self._abandon(key, cart, news_from)
                self.table.put(key, cart, self.table.partitions[key])
                self.timers.arm(key, self._due(cart))
            else:
                self.table.drop(key)
        return signals

    def _id(self, cart: Cart) -> UUID:
        return id_of(CartAbandoned.name, self._due(cart), cart.changed_by)

    def _abandon(self, key: str, cart: Cart, news_from: datetime) -> list[Envelope]:
        due_at, cart.status = self._due(cart), ABANDONED
        if due_at < news_from:
            return []
        cart.told_at = due_at
        signal = CartAbandoned(
            cart_id=UUID(key),
            user_id=cart.user_id,
            lines=len(cart.lines),
            value_minor=sum(line.quantity * line.price_minor for line in cart.lines.values()),
            currency=cart.currency,
            idle_since=cart.changed_at,
            due_at=due_at,
            triggered_by=(cart.changed_by.event_id,),
        )
        return [told(signal, cart.changed_by)]


def _opened(envelope: Envelope) -> Cart | None:
    """A cart begins with what is put in; of one that is not known nothing else matters."""
    event = envelope.payload
    if not isinstance(event, events.CartItemAdded):
        return None
    return Cart(
        seq=envelope.aggregate_seq - 1,
        user_id=event.user_id,
        currency=event.currency,
        changed_at=envelope.occurred_at,
        changed_by=cause_of(envelope),
    )


def _live(cart: Cart) -> bool:
    return cart.status in (ACTIVE, ABANDONED)


def _takes_up(event: Any) -> bool:
    """Whether a shopper did it: a cart that ran out, or whose owner's data was erased, was not taken up again."""
    if isinstance(event, events.CartCleared):
        return event.by != "erasure"
    return not isinstance(event, events.CartExpired)


def _recover(cart: Cart, envelope: Envelope) -> list[Envelope]:
    if cart.told_at is None:
        return []
    after_s = max(0, int((envelope.occurred_at - cart.told_at).total_seconds()))
    cart.told_at = None
    cause = cause_of(envelope)
    signal = CartRecovered(
        cart_id=envelope.aggregate_id,
        user_id=cart.user_id,
        after_s=after_s,
        due_at=envelope.occurred_at,
        triggered_by=(cause.event_id,),
    )
    return [told(signal, cause, recorded_at=envelope.recorded_at)]
