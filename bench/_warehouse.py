"""What the warehouse's benchmarks share: servers of this run alone, a database and topics, clicks, a sink."""

import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random

from clickhouse_connect.driver.client import Client
from kafka.admin import KafkaAdminClient

import streams.checksums  # noqa: F401 - checksums in C
from clickhouse import client
from clickhouse.migrate import migrate
from clickhouse.settings import ClickHouseSettings
from stack.ports import free_base
from streams.events import Envelope
from streams.events.tracking import ClickTracked
from streams.topics import ensure
from tests.stack_fixture import test_stack

chance = Random(7)


@contextmanager
def playground() -> Iterator[tuple[str, str]]:
    """Servers of this run, a topic prefix (its topics made) and an empty database, all gone after the block."""
    with test_stack() as stack:
        os.environ.update(stack.environment)
        with _place() as place:
            yield place


@contextmanager
def _place() -> Iterator[tuple[str, str]]:
    word = secrets.token_hex(3)
    prefix, database = f"bench{word}.", f"atlantic_bench_{word}"
    own = {"ATLANTIC_TOPIC_PREFIX": prefix, "ATLANTIC_CLICKHOUSE_DATABASE": database}
    os.environ.update(own, ATLANTIC_PORT_BASE=str(free_base(20, 30_000, 32_000)))
    bootstrap = os.environ["ATLANTIC_KAFKA_BOOTSTRAP"]
    made = ensure(bootstrap, prefix=prefix)
    migrate(ClickHouseSettings())
    try:
        yield prefix, database
    finally:
        client.sink().command(f"DROP DATABASE {database} SYNC")
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        admin.delete_topics(made)
        admin.close()


@contextmanager
def sink() -> Iterator[None]:
    """A sink process on the playground."""
    process = subprocess.Popen([sys.executable, "-m", "clickhouse.sink.app"], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def click(session: uuid.UUID, now: datetime | None = None) -> Envelope:
    """A product view of now, as rich as the collector writes it."""
    now = now or datetime.now(UTC)
    event = ClickTracked(
        click_id=uuid.uuid4(), click_name="Product Viewed", session_id=session, received_at=now, area="11",
        page="/products/84029e", device="mobile", locale="en-GB", product_id=uuid.UUID(int=chance.randrange(2600)),
        seller_id=uuid.UUID(int=chance.randrange(20)), price_minor=1999, currency="GBP", properties={"position": 3},
    )  # fmt: skip
    return Envelope(
        event_id=uuid.uuid4(), event=event.name, version=1, aggregate_id=session, aggregate_seq=0, tx=0,
        occurred_at=now, recorded_at=now, correlation_id=str(uuid.uuid4()), payload=event,
    )  # fmt: skip


def until(done: Callable[[], bool], *, within: float, every: float = 0.1) -> None:
    """Wait for something; AssertionError when it does not come."""
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(every)


def warehouse() -> Client:
    """A client on the playground's database."""
    return client.sink()
