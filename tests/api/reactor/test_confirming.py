"""How a payment confirms its order: in one step, caused by its fact. How long it takes is measured by the benchmark."""

from uuid import UUID

import httpx2

from api.reactions import REACTIONS, order_life
from streams.events import Envelope
from streams.events.codec import decode_line
from streams.events.orders import OrderConfirmed
from streams.events.payments import PaymentAuthorized, PaymentProcessed
from tests import shop
from tests.api.reactor.order import order_of, reaches
from tests.line import eventually
from tests.streams.topics import bodies


def facts(env: dict[str, str], order_id: str) -> list[Envelope]:
    """What the log says of an order's payments and of itself."""
    lines = [
        decode_line(line)
        for topic in ("payments", "orders")
        for line in bodies(env["ATLANTIC_KAFKA_BOOTSTRAP"], env["ATLANTIC_TOPIC_PREFIX"] + topic)
    ]
    return [fact for fact in lines if getattr(fact.payload, "order_id", None) == UUID(order_id)]


def test_the_fact_of_a_payment_confirms_its_order_by_itself(
    saga: str, env: dict[str, str], buyer: httpx2.Client, product: str
) -> None:
    """R-ORD-16: one hop, from payment.succeeded to order.confirmed; nothing that is only due now and then between."""
    order_id = order_of(buyer, product)
    shop.pay(buyer, order_id).raise_for_status()
    reaches(buyer, order_id, "processing")
    eventually(lambda: any(isinstance(fact.payload, OrderConfirmed) for fact in facts(env, order_id)))
    told = facts(env, order_id)
    (paid,) = [fact for fact in told if isinstance(fact.payload, PaymentProcessed)]
    (confirmed,) = [fact for fact in told if isinstance(fact.payload, OrderConfirmed)]
    assert confirmed.causation_id == paid.event_id
    assert confirmed.correlation_id == paid.correlation_id
    assert confirmed.tx > paid.tx


def test_it_is_the_first_thing_that_follows_from_money() -> None:
    """R-ORD-16: before messages and sellers' systems are written to."""
    assert REACTIONS[PaymentProcessed][0] is order_life.confirm_order
    assert REACTIONS[PaymentAuthorized][0] is order_life.accept_order
