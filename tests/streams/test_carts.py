"""Carts that were left alone, and taken up again."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from streams.carts.state import KEPT, Carts
from streams.events import Envelope
from streams.events import carts as events
from streams.events.signals import CartAbandoned, CartRecovered
from streams.reading import Place
from tests.streams.facts import START, envelope

CART, USER, ITEM, OTHER = (UUID(int=number) for number in (700, 701, 702, 703))
IDLE = timedelta(hours=1)
ALWAYS = START - timedelta(days=365)


def at(minutes: float) -> datetime:
    """So many minutes after the start."""
    return START + timedelta(minutes=minutes)


class Scene:
    """One cart's facts, numbered as they come, and what was told of them."""

    def __init__(self, news_from: datetime = ALWAYS) -> None:
        self.carts = Carts(IDLE)
        self.news_from = news_from
        self.told: list[Envelope] = []
        self._seq: dict[UUID, int] = {}

    def fact(self, kind: type[events.CartEvent], minutes: float, cart: UUID = CART, **fields: Any) -> Envelope:
        """Take a fact of a cart at that minute."""
        self._seq[cart] = self._seq.get(cart, 0) + 1
        found = envelope(kind(cart_id=cart, **fields), self._seq[cart], at=at(minutes))
        self.told += self.carts.apply(found, Place("carts", 0, self._seq[cart], 0), self.news_from)
        return found

    def add(self, minutes: float, cart: UUID = CART, product: UUID = ITEM, units: int = 2) -> Envelope:
        """Put units of a product in."""
        return self.fact(
            events.CartItemAdded, minutes, cart, user_id=USER, product_id=product, seller_id=UUID(int=1),
            quantity=units, quantity_after=units, price_minor=500, currency="GBP",
        )  # fmt: skip

    def wait(self, minutes: float) -> None:
        """Event time has come to that minute."""
        self.told += self.carts.fire(at(minutes), self.news_from)

    @property
    def names(self) -> list[str]:
        """Names of what was told."""
        return [signal.event for signal in self.told]


def test_a_cart_is_abandoned_an_hour_after_its_last_change() -> None:
    """R-CRT-3: once, at the moment that it was due, with what it holds."""
    scene = Scene()
    scene.add(0)
    last = scene.add(30, product=OTHER, units=1)
    for minute in (60, 89.99):
        scene.wait(minute)
    assert scene.told == []
    for minute in (90, 91, 500):
        scene.wait(minute)
    (signal,) = scene.told
    assert isinstance(signal.payload, CartAbandoned)
    assert (signal.payload.lines, signal.payload.value_minor, signal.payload.currency) == (2, 1_500, "GBP")
    assert (signal.occurred_at, signal.payload.idle_since) == (at(90), at(30))
    assert (signal.causation_id, signal.payload.triggered_by) == (last.event_id, (last.event_id,))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (events.CartItemChanged, {"product_id": ITEM, "quantity_before": 2, "quantity_after": 1}),
        (events.CartItemRemoved, {"product_id": ITEM, "quantity_before": 2}),
        (events.CartItemRejected, {"product_id": ITEM, "requested": 9, "available": 1, "reason": "x"}),
        (events.CartCleared, {"lines": 1, "by": "shopper"}),
        (events.CartCouponChanged, {"discount_minor": 0}),
        (events.CartCheckedOut, {"order_id": UUID(int=9), "lines": 1, "total_minor": 1}),
        (events.CheckoutRejected, {"reason": "insufficient-stock"}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_any_change_or_checkout_withdraws_it(kind: type[events.CartEvent], fields: dict[str, Any]) -> None:
    """R-CRT-3: cart.recovered, when cart.abandoned was told; also when both are read long afterwards, in one go."""
    watched, read_late = Scene(), Scene()
    for scene in (watched, read_late):
        scene.add(0)
    watched.wait(60)
    for scene in (watched, read_late):
        scene.fact(kind, 75, **fields)
        assert scene.names == ["cart.abandoned", "cart.recovered"]
        back = scene.told[1].payload
        assert isinstance(back, CartRecovered)
        assert (back.user_id, back.after_s, scene.told[1].occurred_at) == (USER, 900, at(75))


def test_a_change_in_time_is_none_of_its_business() -> None:
    """R-CRT-3: and an empty, a bought, an expired and an erased cart are nobody's."""
    scene = Scene()
    scene.add(0)
    scene.add(59)
    scene.wait(118)
    scene.fact(events.CartCleared, 118.5, lines=1, by="shopper")
    scene.wait(400)
    assert (scene.told, len(scene.carts.table)) == ([], 0)
    scene.add(410)
    scene.fact(events.CartCheckedOut, 420, order_id=UUID(int=9), lines=1, total_minor=1)
    scene.wait(1_000)
    scene.fact(events.CartConverted, 1_001, order_id=UUID(int=9))
    assert (scene.told, len(scene.carts.table)) == ([], 0)


@pytest.mark.parametrize(("kind", "fields"), [
    (events.CartExpired, {"lines": 1, "value_minor": 1}), (events.CartCleared, {"lines": 1, "by": "erasure"}),
], ids=["expired", "erased"])  # fmt: skip
def test_a_cart_that_ends_is_not_taken_up_again(kind: type[events.CartEvent], fields: dict[str, Any]) -> None:
    """R-CRT-3: nobody changed it."""
    scene = Scene()
    scene.add(0)
    scene.wait(60)
    scene.fact(kind, 90, **fields)
    assert (scene.names, len(scene.carts.table)) == (["cart.abandoned"], 0)


def test_a_restored_cart_begins_to_wait_again() -> None:
    """R-CRT-3, R-CRT-5: with its lines, and those of the cart that was opened meanwhile, in either order of reading."""
    for ended_first in (True, False):
        scene, newer = Scene(), UUID(int=710)
        scene.add(0)
        scene.fact(events.CartCheckedOut, 1, order_id=UUID(int=9), lines=1, total_minor=1)
        scene.add(2, newer, product=OTHER, units=3)
        ended: tuple[Any, ...] = (events.CartExpired, 5, newer, {"lines": 1, "value_minor": 1_500})
        back: tuple[Any, ...] = (events.CartRestored, 5, CART, {"order_id": UUID(int=9), "cause": "payment_failed"})
        for kind, minute, cart, fields in (ended, back) if ended_first else (back, ended):
            scene.fact(kind, minute, cart, **fields)
        scene.wait(64.9)
        assert (scene.told, len(scene.carts.table)) == ([], 1)
        scene.wait(65)
        (signal,) = scene.told
        assert isinstance(signal.payload, CartAbandoned)
        assert (signal.payload.lines, signal.payload.value_minor) == (2, 2_500)


def test_history_is_told_to_nobody() -> None:
    """R-CRT-3: a worker reads the past for the first time; a cart that is taken up again is watched as any other."""
    scene = Scene(news_from=at(6_000))
    scene.add(0)
    scene.wait(6_500)
    scene.add(6_600)
    assert scene.told == []
    scene.wait(6_660)
    assert scene.names == ["cart.abandoned"]


def test_no_cart_is_kept_longer_than_it_lives() -> None:
    """R-CRT-4: nobody says when a cart that nobody looks at runs out."""
    scene = Scene()
    scene.add(0)
    scene.wait(60)
    scene.wait(KEPT.total_seconds() / 60)
    assert (len(scene.carts.table), len(scene.carts.timers)) == (0, 0)


def test_a_second_reading_tells_the_same() -> None:
    """R-EVT-12, R-MOON-7: any part of the log read twice, with timers that fire at any moment, gives the same ids."""
    draw = random.Random(11)
    whole = Scene()
    facts = [whole.add(minute, uuid4()) for minute in range(0, 60, 10)]
    carts = [fact.aggregate_id for fact in facts]
    for _ in range(120):
        facts.append(whole.add(60 + len(facts) * draw.choice((0.5, 3)), draw.choice(carts)))
    whole.wait(10_000)
    again = Scene()
    for number, fact in enumerate(facts):
        for _ in range(draw.choice((1, 1, 2))):
            again.told += again.carts.apply(fact, Place("carts", 0, number, 0), ALWAYS)
        if draw.random() < 0.3:
            earliest = min(other.occurred_at for other in facts[number:])
            again.told += again.carts.fire(earliest, ALWAYS)
    again.wait(10_000)
    assert len(whole.told) > 20
    assert sorted(signal.event_id for signal in again.told) == sorted(signal.event_id for signal in whole.told)


def test_a_fact_that_comes_late_withdraws_what_was_told_before_a_kill() -> None:
    """R-CRT-3: the signal stands in the log, the row that knew of it was lost."""
    told = Scene()
    told.add(0)
    told.wait(60)
    lost = Carts(IDLE, lambda event_id: event_id == told.told[0].event_id)
    row = told.carts.table.values[str(CART)]
    row.status, row.told_at = "active", None
    lost.table.put(str(CART), row, 0)
    late = envelope(events.CartCouponChanged(cart_id=CART, discount_minor=0), 2, at=at(59.9))
    again = lost.apply(late, Place("carts", 0, 9, 0), ALWAYS)
    assert [signal.event for signal in again] == ["cart.abandoned", "cart.recovered"]
    assert again[0].event_id == told.told[0].event_id
