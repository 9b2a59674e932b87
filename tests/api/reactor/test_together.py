"""What follows from one fact on an order's way takes effect at once, and without what fails (R-ORD-9)."""

import msgspec
import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from api import db, outbox
from api.outbox import Fact
from api.payments import service as payments
from api.reactor import handling
from api.reactor.handling import Handler, UnhandledError
from streams.events import Envelope
from streams.events.orders import OrderConfirmed, OrderProcessingStarted
from streams.events.payments import PaymentFailed
from tests.api.reactor.test_handling import effects, fact, note_mark


async def test_reactions_on_an_orders_way_take_effect_in_one_transaction(
    pg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-ORD-9: all of them at once, once; when one fails, the others take effect without it."""
    pool = db.engine(pg, size=2)
    broken: list[bool] = []
    handler = Handler(pool, payments.gateways(pool, "a secret of the gateway"))

    async def shaky(conn: AsyncConnection, event: PaymentFailed) -> None:
        if broken:
            raise ValueError("not now")
        await note_mark(conn, event)

    monkeypatch.setattr(handling, "REACTIONS", {PaymentFailed: (note_mark, shaky)})
    monkeypatch.setattr(handling, "TOGETHER", {PaymentFailed})
    monkeypatch.setattr(handling, "FIRST_WAIT_S", 0.001)
    before, whole, half = effects(pg), fact(), fact()
    commits: list[object] = []
    event.listen(pool.sync_engine, "commit", commits.append)
    await handler.handle(whole)
    assert (effects(pg), len(commits)) == (before + 2, 1)
    await handler.handle(whole)
    assert effects(pg) == before + 2
    broken.append(True)
    with pytest.raises(UnhandledError, match="shaky"):
        await handler.handle(half)
    assert effects(pg) == before + 3
    await pool.dispose()


def recorded(pg: str, first: Envelope) -> list[tuple[str, str | None]]:
    """The facts that came after one, in its correlation, each with its cause's name."""
    with psycopg.connect(pg) as connection:
        rows = connection.execute("SELECT line FROM outbox ORDER BY id").fetchall()
    lines = [
        fact
        for (line,) in rows
        for fact in [msgspec.json.decode(line)]
        if fact["correlation_id"] == first.correlation_id
    ]
    names = {str(first.event_id): "it", **{fact["event_id"]: fact["event"] for fact in lines}}
    return [(fact["event"], names[fact["causation_id"]]) for fact in lines if fact["causation_id"] in names]


async def test_what_follows_from_what_a_reaction_tells_takes_effect_with_it(
    pg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-ORD-9: in the same transaction, once; when that fails, the reaction stands alone and the fact comes later."""
    pool = db.engine(pg, size=2)
    handler = Handler(pool, payments.gateways(pool, "a secret of the gateway"))
    broken: list[bool] = []

    async def confirm(conn: AsyncConnection, event: PaymentFailed) -> None:
        told = OrderConfirmed(order_id=event.order_id, status="paid", payment_id=None, payment_method="card")
        await outbox.record(conn, Fact(told, seq=2))

    async def process(conn: AsyncConnection, event: OrderConfirmed) -> None:
        await outbox.record(conn, Fact(OrderProcessingStarted(order_id=event.order_id, shipment_ids=()), seq=3))
        await note_mark(conn, event)
        if broken:
            raise ValueError("not now")

    monkeypatch.setattr(handling, "REACTIONS", {PaymentFailed: (confirm,), OrderConfirmed: (process,)})
    monkeypatch.setattr(handling, "TOGETHER", {PaymentFailed, OrderConfirmed})
    before, whole, half = effects(pg), fact("a-whole-call"), fact("half-a-call")
    commits: list[object] = []
    event.listen(pool.sync_engine, "commit", commits.append)
    await handler.handle(whole)
    assert (effects(pg), len(commits)) == (before + 1, 1)
    confirmed, started = recorded(pg, whole)
    assert confirmed == ("order.confirmed", "it")
    assert started == ("order.processing.started", "order.confirmed")
    for again in (handler, Handler(pool, payments.gateways(pool, "a secret of the gateway"))):
        await again.handle(whole)
    assert (effects(pg), len(recorded(pg, whole))) == (before + 1, 2)
    broken.append(True)
    await handler.handle(half)
    assert (effects(pg), recorded(pg, half)) == (before + 1, [("order.confirmed", "it")])
    await pool.dispose()
