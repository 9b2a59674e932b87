"""Orders whose steps are overdue."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from streams.events import Envelope, Event
from streams.events import orders as events
from streams.events.carts import CartConverted
from streams.events.inventory import InventoryDeducted, InventoryReleased, StockMoved
from streams.events.payments import PaymentFailed, PaymentProcessed, RefundApproved
from streams.events.shipping import ShipmentCreated
from streams.events.signals import OrderStuck
from streams.orders.state import LINGERS, Order, Orders
from streams.reading import Place
from tests.streams.facts import START, envelope

ORDER, OTHER = UUID(int=900), UUID(int=901)
ALWAYS = START - timedelta(days=365)
HOLD_S = 900


def seconds(number: float) -> timedelta:
    """So many."""
    return timedelta(seconds=number)


def placed() -> events.OrderCreated:
    """A pending order made of a cart."""
    return events.OrderCreated(
        order_id=ORDER, order_number="A1", customer_id=OTHER, cart_id=OTHER, currency="GBP", items=(),
        subtotal_minor=1, discount_minor=0, shipping_minor=0, tax_minor=0, total_minor=1, payment_method="card",
        province_id=1, city_id=1, hold_expires_at=START + seconds(HOLD_S),
    )  # fmt: skip


def paid(**fields: Any) -> PaymentProcessed:
    """Its money was taken."""
    values: dict[str, Any] = {"amount_minor": 1, "currency": "GBP", "gateway": "test", "payment_method": "card"}
    return PaymentProcessed(payment_id=OTHER, order_id=ORDER, **(values | fields))


FAILED = PaymentFailed(payment_id=OTHER, order_id=ORDER, reason="declined", amount_minor=1, currency="GBP")
CONFIRMED = events.OrderConfirmed(order_id=ORDER, status="paid", payment_method="card")
DEDUCTED = InventoryDeducted(reservation_id=OTHER, order_id=ORDER, items=())
RELEASED = InventoryReleased(reservation_id=OTHER, order_id=ORDER, items=(), cause="cancelled")
CONVERTED = CartConverted(cart_id=OTHER, order_id=ORDER)
PREPARED = ShipmentCreated(shipment_id=OTHER, order_id=ORDER, seller_id=OTHER, items=(), province_id=1, city_id=1)
APPROVED = RefundApproved(refund_id=OTHER, order_id=ORDER, payment_id=OTHER, amount_minor=1, currency="GBP", by="rule")
BACK = StockMoved(
    inventory_id=OTHER, product_id=OTHER, seller_id=OTHER, bucket=0, kind="restocked", on_hand_delta=1,
    reserved_delta=0, on_hand_after=1, reserved_after=0, cause_type="order", cause_id=ORDER,
)  # fmt: skip


def cancelled(due: int = 0) -> events.OrderCancelled:
    """It ended."""
    return events.OrderCancelled(
        order_id=ORDER, cancellation_reason="operator", cancelled_by="operator", from_status="paid",
        refund_due_minor=due, currency="GBP",
    )  # fmt: skip


def walk(*facts: tuple[float, Event]) -> Orders:
    """Take facts at seconds after the start."""
    orders = Orders(seconds(60))
    for number, (after, event) in enumerate(facts):
        orders.apply(envelope(event, number, at=START + seconds(after)), Place(event.topic, 0, number, 0))
    return orders


def stuck(orders: Orders, after: float) -> list[tuple[str, float]]:
    """Steps that are told of when event time is so many seconds after the start, and since when they are due."""
    return sorted(map(_named, orders.fire(START + seconds(after), ALWAYS)))


def _named(signal: Envelope) -> tuple[str, float]:
    assert isinstance(signal.payload, OrderStuck)
    return signal.payload.step, (signal.payload.since - START).total_seconds()


@pytest.mark.parametrize(
    ("facts", "steps", "due"),
    [
        ([(0, placed())], ["pay"], HOLD_S),
        ([(0, placed()), (9, paid())], ["confirm"], 9),
        ([(0, placed()), (9, FAILED)], ["end"], 9),
        ([(0, placed()), (9, paid()), (10, CONFIRMED)], ["convert", "deduct", "prepare"], 10),
        ([(0, placed()), (9, CONFIRMED), (10, DEDUCTED), (10, CONVERTED)], ["prepare"], 9),
        ([(0, placed()), (9, CONFIRMED), (10, PREPARED), (10, CONVERTED)], ["deduct"], 9),
        ([(0, placed()), (9, CONFIRMED), (10, PREPARED), (10, DEDUCTED)], ["convert"], 9),
        ([(0, placed()), (9, cancelled())], ["release"], 9),
        ([(0, placed()), (1, CONFIRMED), (9, cancelled(5)), (10, BACK)], ["refund"], 9),
        ([(0, placed()), (1, CONFIRMED), (9, cancelled(5)), (10, APPROVED)], ["release"], 9),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) and isinstance(value[0], str) else "",
)
def test_a_step_that_is_overdue_is_told_once(facts: list[tuple[float, Event]], steps: list[str], due: float) -> None:
    """R-ORD-17: 60 s beyond its normal time, which is none for the core's own steps and the hold's end for paying."""
    orders = walk(*facts)
    assert stuck(orders, due + 59.9) == []
    found = stuck(orders, due + 60)
    assert [step for step, since in found if since == due] == steps
    assert stuck(orders, due + 61) == []


@pytest.mark.parametrize(
    "facts",
    [
        [(0, placed()), (9, paid()), (10, CONFIRMED), (10, DEDUCTED), (10, CONVERTED), (10, PREPARED)],
        [(10, DEDUCTED), (10, PREPARED), (9, paid()), (0, placed()), (10, CONFIRMED), (10, CONVERTED)],
        [(0, placed()), (9, FAILED), (9, cancelled()), (9, RELEASED)],
        [(0, placed()), (9, RELEASED), (9, FAILED), (9, cancelled())],
        [(9, cancelled(5)), (9, BACK), (9, APPROVED)],
    ],
    ids=["bought", "read in another order", "declined", "released first", "cancelled days later"],
)
def test_an_order_that_goes_its_way_is_never_told_of(facts: list[tuple[float, Event]]) -> None:
    """R-ORD-17: and is forgotten soon, in whatever order its topics are read."""
    orders = walk(*facts)
    assert stuck(orders, HOLD_S + 3_600) == []
    orders.fire(START + LINGERS + seconds(20), ALWAYS)
    assert (len(orders.table), len(orders.timers)) == (0, 0)


def test_money_that_comes_with_the_goods_waits_for_no_confirmation() -> None:
    """R-ORD-17: cash on delivery, or a capture at pick-up, long after the order was confirmed and forgotten."""
    orders = walk((0, paid()))
    assert stuck(orders, 3_000) == []


def test_the_past_is_told_to_nobody_and_forgotten() -> None:
    """R-ORD-17: a worker that reads years for the first time."""
    orders = walk((0, placed()), (1, paid()))
    assert orders.fire(START + timedelta(days=9), START + timedelta(days=8)) == []
    orders.fire(START + timedelta(days=9), START + timedelta(days=8))
    assert len(orders.table) == 0


def test_a_second_reading_tells_the_same() -> None:
    """R-EVT-12: from the row as it is stored, with a fact that is read twice."""
    first = walk((0, placed()), (9, CONFIRMED))
    stored = msgspec.json.encode(first.table.values[str(ORDER)])
    told = []
    for _ in range(2):
        orders = Orders(seconds(60))
        orders.table.put(str(ORDER), msgspec.json.decode(stored, type=Order), 0)
        orders.arm()
        orders.apply(envelope(placed(), 0, at=START), Place("orders", 0, 0, 0))
        told.append([signal.event_id for signal in orders.fire(START + seconds(69), ALWAYS)])
    assert told[0] == told[1]
    assert len(set(told[0])) == 3
