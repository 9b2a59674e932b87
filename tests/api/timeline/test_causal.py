"""The order of a timeline, and which order a fact belongs to (E-ORD-12)."""

import random
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api import ids, outbox
from api.outbox import Fact
from api.timeline.belonging import Claims
from api.timeline.causal import causal, cause
from api.timeline.packing import pack, unpack
from streams.events import Envelope, Event
from streams.events.carts import CartCleared
from streams.events.inventory import StockMoved
from streams.events.notifications import NotificationRead, NotificationSent
from streams.events.orders import OrderValidated
from streams.events.payments import PaymentExpired, WalletChanged
from streams.events.users import UserErased

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def fact(number: int, *, after: int | None, of: int, seq: int, second: int) -> Envelope:
    event = CartCleared(cart_id=UUID(int=of), lines=1, by="shopper")
    return Envelope(
        event_id=UUID(int=number + 1),
        event=event.name,
        version=1,
        aggregate_id=event.cart_id,
        aggregate_seq=seq,
        tx=number,
        occurred_at=NOON + timedelta(seconds=second),
        recorded_at=NOON,
        correlation_id="c",
        causation_id=None if after is None else UUID(int=after + 1),
        payload=event,
    )


@st.composite
def lives(draw: st.DrawFn) -> list[Envelope]:
    """Facts as they may have happened: each follows from an earlier one or none; clocks go as they like."""
    seqs: dict[int, int] = {}
    found = []
    for number in range(draw(st.integers(0, 25))):
        of = draw(st.integers(0, 4))
        seqs[of] = seqs.get(of, 0) + 1
        after = draw(st.none() | st.integers(0, number - 1)) if number else None
        found.append(fact(number, after=after, of=of, seq=seqs[of], second=draw(st.integers(0, 9))))
    return found


@given(lives(), st.randoms(use_true_random=False))
def test_causes_come_first_and_each_life_in_its_order(facts: list[Envelope], chance: random.Random) -> None:
    """Whatever the clocks say; the same facts give the same order, however they come and however often."""
    shown = causal(facts)
    place = {each.event_id: at for at, each in enumerate(shown)}
    assert sorted(place) == sorted(each.event_id for each in facts)
    assert all(place[each.causation_id] < place[each.event_id] for each in facts if each.causation_id)
    for each in facts:
        later = [
            place[o.event_id]
            for o in facts
            if (o.aggregate_id, o.aggregate_seq) > (each.aggregate_id, each.aggregate_seq)
            and o.aggregate_id == each.aggregate_id
        ]
        assert all(place[each.event_id] < other for other in later)
    again = facts * 2
    chance.shuffle(again)
    assert causal(again) == shown


@given(lives())
def test_without_causes_it_is_the_order_of_time(facts: list[Envelope]) -> None:
    """Facts of different lives that nothing connects stand by time."""
    alone = [
        fact(number, after=None, of=100 + number, seq=1, second=each.occurred_at.second)
        for number, each in enumerate(facts)
    ]
    assert causal(alone) == sorted(alone, key=lambda each: (each.occurred_at, each.event_id))


def test_what_cannot_be_is_shown_all_the_same() -> None:
    """Two facts that each claim to follow from the other, and one whose cause is elsewhere: none is lost."""
    one, other = fact(0, after=1, of=1, seq=1, second=1), fact(1, after=0, of=2, seq=1, second=2)
    stray = fact(2, after=99, of=3, seq=1, second=0)
    assert causal([other, one, stray]) == [stray, one, other]


def test_a_message_follows_from_what_it_tells_of() -> None:
    """It leaves later, outside the reaction that wrote it, and names its cause in the payload."""
    event = NotificationSent(
        notification_id=ids.new(), type="x", user_id=ids.new(), channel="email", cause_event_id=UUID(int=7), attempts=1,
        waited_ms=1,
    )  # fmt: skip
    envelope = fact(0, after=None, of=1, seq=1, second=0)
    assert cause(
        Envelope(**{**{n: getattr(envelope, n) for n in envelope.__struct_fields__}, "payload": event})
    ) == UUID(int=7)


class Row(NamedTuple):
    topic: str
    line: bytes


def row(event: Event) -> Row:
    columns = outbox.rows([Fact(event, seq=1)])
    (topic,), (line,) = columns["topics"], columns["lines"]
    assert isinstance(line, bytes)
    return Row(str(topic), line)


def test_whose_a_fact_is() -> None:
    """It names its order, or what caused it does, or it is a message that was made for one; the others are nobody's."""
    order, payment, message, stranger = ids.new(), ids.new(), ids.new(), ids.new()
    moved = StockMoved(
        inventory_id=ids.new(), product_id=ids.new(), seller_id=ids.new(), bucket=0, kind="deducted", on_hand_delta=-1,
        reserved_delta=-1, on_hand_after=1, reserved_after=0, cause_type="order", cause_id=order,
    )  # fmt: skip
    changed = WalletChanged(
        wallet_id=ids.new(), delta_minor=-1, balance_after_minor=0, currency="GBP", cause_type="payment",
        cause_id=payment,
    )  # fmt: skip
    facts = [
        row(OrderValidated(order_id=order, is_valid=True)),
        row(PaymentExpired(payment_id=payment, order_id=order)),
        row(moved),
        row(changed),
        row(NotificationRead(notification_id=message, type="x")),
        row(NotificationRead(notification_id=stranger, type="x")),
        row(CartCleared(cart_id=order, lines=1, by='"order_id":"' + str(order))),
        row(UserErased(user_id=order)),
        Row("dead_letters", b'{"order_id":"x"'),
        Row("orders", b"no fact at all"),
    ]
    claims = Claims(facts)
    assert claims.hints == {str(payment), str(message), str(stranger)}
    known = {str(payment): str(order), str(message): str(order)}
    assert claims.orders(known) == [str(order)] * 5 + [None] * 5


@given(st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line), min_size=1))
def test_what_is_kept_is_what_was_told(lines: list[bytes]) -> None:
    assert unpack(pack(lines)) == lines
