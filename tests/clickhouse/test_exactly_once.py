"""Whatever is killed, every line of the log stands once in its landing table and once in every mart."""

import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from kafka import KafkaProducer

from clickhouse.client import one
from stack.state import load
from streams.events import Envelope
from streams.events.codec import encode_message
from streams.events.ledger import JournalLine
from tests.clickhouse.log_lines import click, entry
from tests.clickhouse.sink_process import Sink, eventually, sink
from tests.clickhouse.test_marts import assert_marts_equal_landing
from tests.stack_fixture import TestStack, make_template, servers

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
SELLER, PRODUCT = UUID(int=7), UUID(int=8)


class Shop(threading.Thread):
    """Writes clicks and journal entries to the log until it is told to stop."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        super().__init__(daemon=True)
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", retries=1000)
        self._prefix, self._over = prefix, threading.Event()
        self.clicks = self.entries = 0

    def run(self) -> None:
        turn = 0
        while not self._over.wait(0.02):
            turn += 1
            self._send("tracking", turn % 4, [click(product=PRODUCT) for _ in range(20)])
            self._send("ledger", turn % 4, [sale() for _ in range(5)])
            self.clicks, self.entries = self.clicks + 20, self.entries + 5

    def _send(self, topic: str, partition: int, envelopes: list[Envelope]) -> None:
        self._producer.send(self._prefix + topic, encode_message(envelopes), partition=partition)

    def finish(self) -> None:
        """Stop, with everything acknowledged."""
        self._over.set()
        self.join(10)
        self._producer.flush()
        self._producer.close()


def sale() -> Envelope:
    """One unit sold for 100."""
    line = JournalLine(line_no=1, account="sales", seller_id=SELLER, product_id=PRODUCT, credit_minor=100, units=1)
    return entry([line, JournalLine(line_no=2, account="gateway_clearing", debit_minor=100)], at=datetime.now(UTC))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    """Servers of its own: it kills one of them, which others would notice."""
    with servers(tmp_path_factory.mktemp("servers")) as own:
        make_template(own)
        yield own


@pytest.fixture
def running(clickhouse: Client, kafka_bootstrap: str, tmp_path: Path) -> Iterator[Sink]:
    """A sink on this module's topics and database."""
    with sink(tmp_path / "sink.log") as process:
        yield process


def kill_clickhouse(stack: TestStack) -> None:
    """Kill -9; the supervisor starts it again."""
    state = load(stack.home)
    assert state is not None
    process = state.parts["clickhouse"].process
    assert process is not None
    for each in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        each.kill()
    eventually(lambda: _another(stack, process.pid), 30)


def _another(stack: TestStack, pid: int) -> bool:
    state = load(stack.home)
    process = state.parts["clickhouse"].process if state else None
    return (
        process is not None
        and process.pid != pid
        and state is not None
        and state.parts["clickhouse"].state == "healthy"
    )


def kill_in_turn(running: Sink, stack: TestStack) -> None:
    """The sink alone, ClickHouse alone, both."""
    time.sleep(random.uniform(0.5, 1.2))
    running.kill()
    running.start()
    time.sleep(random.uniform(0.5, 1.2))
    kill_clickhouse(stack)
    eventually(running.healthy, 60)
    time.sleep(random.uniform(0.1, 0.6))
    kill_clickhouse(stack)
    running.kill()
    running.start()


@pytest.mark.timeout(120 * ROUNDS + 180)
def test_kills_lose_and_double_nothing(
    running: Sink, clickhouse: Client, stack: TestStack, env: dict[str, str], kafka_bootstrap: str
) -> None:
    """Kill -9 of the sink and of ClickHouse while lines arrive (R-NFR-6); the sums are exact afterwards."""
    shop = Shop(kafka_bootstrap, env["ATLANTIC_TOPIC_PREFIX"])
    shop.start()
    try:
        for _ in range(ROUNDS):
            kill_in_turn(running, stack)
    finally:
        shop.finish()
    eventually(lambda: _landed(clickhouse) == (shop.clicks, shop.entries), 120)
    assert one(clickhouse, "SELECT count(), uniqExact(event_id) FROM landing_clicks") == (shop.clicks, shop.clicks)
    lines = "SELECT count(), uniqExact(event_id), sum(credit_minor) FROM landing_journal_lines"
    assert one(clickhouse, lines) == (2 * shop.entries, shop.entries, 100 * shop.entries)
    books = "SELECT sum(gross_minor), sum(units), sum(orders) FROM books_day"
    assert one(clickhouse, books) == (100 * shop.entries, shop.entries, shop.entries)
    assert one(clickhouse, "SELECT sum(views) FROM funnel_hour")[0] == shop.clicks
    assert_marts_equal_landing(clickhouse)


def _landed(client: Client) -> tuple[int, int]:
    """Clicks in the funnel and units in the books: what a flush fills last."""
    try:
        clicks, units = (
            one(client, f"SELECT sum({c}) FROM {t}")[0] for c, t in (("views", "funnel_hour"), ("units", "books_day"))
        )
    except (ClickHouseError, OSError):
        return (0, 0)
    return clicks, units
