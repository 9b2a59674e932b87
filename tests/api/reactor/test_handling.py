"""Reactions take effect once, errors are tried again, and what cannot be handled is set aside (R-ORD-9, R-EVT-10)."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import db, ids
from api.payments import service as payments
from api.reactor import handling, loop, reading
from api.reactor.handling import Handler, UnhandledError
from api.reactor.loop import Reactor
from streams.events import Envelope, Event
from streams.events.codec import Undecodable, encode
from streams.events.dead_letters import decode_letters
from streams.events.payments import PaymentFailed
from tests.api.running import reactor
from tests.line import eventually


def fact(correlation: str = "a-call") -> Envelope:
    """A payment that failed, of an order that there is none of."""
    payload = PaymentFailed(
        payment_id=uuid4(), order_id=uuid4(), reason="card_declined", amount_minor=1, currency="GBP"
    )
    moment = ids.now()
    return Envelope(
        event_id=ids.new(), event=payload.name, version=1, aggregate_id=payload.payment_id, aggregate_seq=1, tx=1,
        occurred_at=moment, recorded_at=moment, correlation_id=correlation, payload=payload,
    )  # fmt: skip


@pytest.fixture
def handler(pool: AsyncEngine) -> Handler:
    return Handler(pool, payments.gateways(pool, "a secret of the gateway"))


async def note_mark(conn: AsyncConnection, event: Event) -> None:
    await conn.execute(text("INSERT INTO import_marks VALUES ('effect', gen_random_uuid()::text)"))


def effects(pg: str) -> int:
    with psycopg.connect(pg) as connection:
        row = connection.execute("SELECT count(*) FROM import_marks WHERE source = 'effect'").fetchone()
        assert row
        return int(row[0])


async def test_a_fact_that_comes_again_and_again_takes_effect_once(
    pg: str, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-ORD-9: in turn and at the same time."""
    monkeypatch.setattr(handling, "REACTIONS", {PaymentFailed: (note_mark,)})
    before, again = effects(pg), fact()
    await handler.handle(again)
    await asyncio.gather(*(handler.handle(again) for _ in range(4)))
    assert effects(pg) == before + 1


async def test_an_effect_that_fails_is_rolled_back_and_tried_again(
    pg: str, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inbox row goes with the effect: what was half done is done anew."""
    tries: list[UUID] = []

    async def shaky(conn: AsyncConnection, event: PaymentFailed) -> None:
        await note_mark(conn, event)
        tries.append(event.order_id)
        if len(tries) < 3:
            raise ValueError("not yet")

    monkeypatch.setattr(handling, "REACTIONS", {PaymentFailed: (shaky,)})
    monkeypatch.setattr(handling, "FIRST_WAIT_S", 0.001)
    before = effects(pg)
    await handler.handle(fact())
    assert (len(tries), effects(pg)) == (3, before + 1)


async def test_a_fact_that_cannot_be_handled_is_given_up(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """After five tries, with the last error as its reason."""
    monkeypatch.setattr(handling, "FIRST_WAIT_S", 0.001)
    with pytest.raises(UnhandledError, match="NotFound") as given_up:
        await handler.handle(fact())
    assert given_up.value.attempts == handling.TRIES


async def test_each_reaction_of_a_fact_stands_alone(pg: str, handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-ORD-9, R-EVT-10: one that fails is named and holds up no other; a replay makes up for it alone."""
    broken = [True]

    async def shaky(conn: AsyncConnection, event: PaymentFailed) -> None:
        if broken:
            raise ValueError("no such thing")
        await note_mark(conn, event)

    async def bad(*_: object) -> None:
        raise LookupError("nobody there")

    monkeypatch.setattr(handling, "REACTIONS", {PaymentFailed: (shaky, note_mark)})
    monkeypatch.setattr(handling, "AFTERWARDS", {PaymentFailed: (bad,)})
    monkeypatch.setattr(handling, "FIRST_WAIT_S", 0.001)
    before, lost = effects(pg), fact()
    with pytest.raises(UnhandledError) as given_up:
        await handler.handle(lost)
    assert str(given_up.value) == "shaky: ValueError: no such thing; bad: LookupError: nobody there"
    assert (given_up.value.attempts, effects(pg)) == (handling.TRIES, before + 1)
    broken.clear()
    monkeypatch.setattr(handling, "AFTERWARDS", {})
    await handler.handle(lost)
    assert effects(pg) == before + 2


async def slow(conn: AsyncConnection, event: PaymentFailed) -> None:
    await conn.execute(text("SET LOCAL statement_timeout = 20"))
    await conn.execute(text("SELECT pg_sleep(5)"))


async def test_a_statement_that_is_always_too_slow_is_given_up(
    handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-EVT-10: it would block its partition for ever."""
    monkeypatch.setattr(handling, "REACTIONS", {PaymentFailed: (slow,)})
    monkeypatch.setattr(handling, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(handling, "LONGEST_WAIT_S", 0.01)
    with pytest.raises(UnhandledError, match="QueryCanceled"):
        await asyncio.wait_for(handler.handle(fact()), 20)


async def test_a_fact_that_waits_for_the_database_lets_the_process_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reactions are done by the next process."""
    stop, away = asyncio.Event(), db.engine("postgresql://nobody@127.0.0.1:9/nothing")
    waiting = asyncio.create_task(Handler(away, payments.gateways(away, "a secret"), stop).handle(fact()))
    await asyncio.sleep(0.3)
    stop.set()
    with pytest.raises(handling.Stopped):
        await asyncio.wait_for(waiting, 5)


async def test_when_one_partition_fails_the_others_end_before_the_log_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-ORD-9: never two handlers on one partition."""
    stop, running = asyncio.Event(), [0, 0]

    class Slow(Handler):
        async def handle(self, fact: Envelope) -> None:
            running[:] = running[0] + 1, max(running[1], running[0] + 1)
            try:
                await asyncio.sleep(5)
            finally:
                running[0] -= 1

    class Breaking:
        def __init__(self, *_: str) -> None: ...

        def next(self) -> dict[TopicPartition, list[Any]]:
            bodies = (encode(fact()), b"{broken")
            return {TopicPartition("payments", n): [SimpleNamespace(value=b, offset=0)] for n, b in enumerate(bodies)}

        def set_aside(self, letter: object) -> None:
            raise KafkaError

        def close(self) -> None: ...

    monkeypatch.setattr(loop, "Facts", Breaking)
    pool = db.engine("postgresql://nobody@127.0.0.1:9/nothing")
    reactor = Reactor("", "", Slow(pool, payments.gateways(pool, "a secret")), stop)
    task = asyncio.create_task(reactor.run())
    await asyncio.sleep(2)
    stop.set()
    task.cancel()
    await asyncio.wait([task])
    assert running[1] == 1


def test_only_facts_with_reactions_are_read() -> None:
    """Imported facts and other events are left alone; a bad line does not take its neighbours with it."""
    wanted, imported = fact(), fact("import:online-retail:536365")
    body = b"\n".join((encode(imported), b"{broken", encode(wanted)))
    found = dict(reading.facts(body))
    assert list(found) == [1, 2]
    assert isinstance(found[1], Undecodable)
    assert found[2] == wanted


def test_what_is_set_aside_stands_in_the_dead_letters(env: dict[str, str], kafka_bootstrap: str) -> None:
    """R-EVT-10: with reason, place and attempts; the reactor goes on with the next line."""
    prefix, lost = env["ATLANTIC_TOPIC_PREFIX"], fact()
    producer = KafkaProducer(bootstrap_servers=kafka_bootstrap)
    producer.send(f"{prefix}payments", b"\n".join((encode(lost), b"{broken")), partition=2)
    producer.flush()
    producer.close()
    letters: list[Any] = []
    consumer = KafkaConsumer(
        f"{prefix}dead_letters", bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest", group_id=None
    )

    def both() -> bool:
        for records in consumer.poll(timeout_ms=200).values():
            letters.extend(letter for record in records for letter in decode_letters(record.value))
        return len(letters) >= 2

    try:
        with reactor(api_url="http://127.0.0.1:9"):
            eventually(both, within=60)
    finally:
        consumer.close()
    letters.sort(key=lambda letter: letter.line_no)
    assert [letter.line_no for letter in letters] == [0, 1]
    assert letters[0].line == encode(lost).decode()
    assert letters[0].reason.startswith("end_unpaid_order: NotFound")
    assert (letters[0].attempts, letters[1].attempts, letters[0].consumer) == (5, 1, "reactor")
