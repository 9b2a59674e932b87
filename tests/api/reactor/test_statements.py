"""What follows from a fact asks the database a handful of questions, and none when nobody is concerned."""

from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api import ids
from api.payments import service as payments
from api.reactor.handling import Handler
from streams.events import Envelope, Event
from streams.events.catalog import ProductDeleted
from streams.events.codec import decode_line
from streams.events.orders import OrderConfirmed
from streams.events.payments import PaymentProcessed
from streams.events.users import UserUpdated
from tests import shop
from tests.api.base.listening import Sent, heard, listening, read_whole
from tests.api.reactor.order import Db, order_of, stock

PAID = 8
"""Besides BEGIN and COMMIT: the order and its lines, the shopper, the message, the parcel, the cart, the stock."""


def told(payload: Event) -> Envelope:
    moment = ids.now()
    return Envelope(
        event_id=ids.new(), event=payload.name, version=1, aggregate_id=payload.aggregate_id, aggregate_seq=1, tx=1,
        occurred_at=moment, recorded_at=moment, correlation_id="a-call", payload=payload,
    )  # fmt: skip


@pytest.fixture
def handler(pool: AsyncEngine) -> Handler:
    return Handler(pool, payments.gateways(pool, "a secret of the gateway"))


async def test_nothing_is_begun_for_what_concerns_nobody(handler: Handler) -> None:
    """Whether systems are to be told is asked once for all facts that were read together."""
    moved = told(UserUpdated(user_id=uuid4(), changed=("addresses",), roles=("shopper",), status="active"))
    gone = told(ProductDeleted(product_id=uuid4(), sku="T-1", seller_id=uuid4()))
    handler.begin()
    with heard() as statements:
        await handler.handle(moved)
        assert statements == []
        await handler.handle(gone)
        await handler.handle(gone)
        handler.begin()
        await handler.handle(gone)
        assert len(statements) == 1, "what was recorded before it was asked"
        await handler.handle(told(ProductDeleted(product_id=uuid4(), sku="T-2", seller_id=uuid4())))
    assert len(statements) == 2


async def test_an_order_is_read_once_for_all_that_follows(
    handler: Handler, shopper: httpx2.Client, seller: httpx2.Client, db: Db
) -> None:
    product = shop.product(seller, price=1200, stock=10)
    order_id = order_of(shopper, product)
    payment = shop.pay(shopper, order_id).raise_for_status().json()
    paid = PaymentProcessed(
        payment_id=UUID(payment["id"]), order_id=UUID(order_id), amount_minor=1, currency="GBP", gateway="test",
        payment_method="card",
    )  # fmt: skip
    sent: list[Sent] = []
    with listening(sent.append):
        await handler.handle(told(paid))
    assert len(sent) <= PAID, sent
    assert {table for each in sent for table in read_whole(db, each)} == set()
    (line,) = db.execute("SELECT line FROM outbox WHERE position(%s IN line) > 0 AND topic = 'orders' ORDER BY id DESC "
                         "OFFSET 1 LIMIT 1", [order_id.encode()]).fetchone() or [b""]  # fmt: skip
    confirmed = decode_line(line[:-1] + b',"tx":1,"recorded_at":"2026-01-01T00:00:00Z"}')
    assert isinstance(confirmed.payload, OrderConfirmed)
    handler.begin()
    with heard() as statements:
        await handler.handle(confirmed)
    assert statements == [], "what follows from it took place, and whether systems are to be told was asked with it"
    assert stock(db, product) == (8, 0)
    assert db.execute("SELECT status, version FROM orders WHERE id = %s", [order_id]).fetchone() == ("processing", 4)
