"""The relay beside checkout: facts a second out of a waiting outbox into Kafka, as a multiple of orders a second."""

import asyncio
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from statistics import median
from uuid import UUID

from kafka.admin import KafkaAdminClient

from api import db
from api.orders import service
from api.relay.log import Publisher
from api.relay.loop import publish_batch, recover
from api.relay.process import RelaySettings
from api.relay.store import Store
from bench._figures import Figure
from bench.core._cpu import own
from stack.settings import TEST_DATABASES
from streams.topics import ensure
from tests.api import market
from tests.stack_fixture import database_variables, slot, test_stack

ORDERS, LINES, TOGETHER, ROUNDS = 250, 3, 8, 6
LEAST = 50


def main() -> list[Figure]:
    """Both rates and their ratio: orders fill the outbox, the relay empties it, in turns; medians."""
    with test_stack() as stack, slot(stack) as number, _topics(stack.environment["ATLANTIC_KAFKA_BOOTSTRAP"]) as prefix:
        dsn = database_variables(stack, TEST_DATABASES[number])["ATLANTIC_POSTGRES_DSN"]
        bootstrap = stack.environment["ATLANTIC_KAFKA_BOOTSTRAP"]
        told = RelaySettings(postgres_dsn=dsn, kafka_bootstrap=bootstrap, topic_prefix=prefix)
        with closing(Store(dsn)) as store, closing(Publisher(bootstrap, prefix)) as publisher:
            assert store.lead()
            recover(store, told)
            rounds = [(asyncio.run(_placed(dsn)), *_emptied(store, publisher)) for _ in range(ROUNDS + 1)][1:]
    placed, emptied, cpu = (median(values) for values in zip(*rounds, strict=True))
    return [
        Figure("relay", emptied, "facts/s"),
        Figure("relay: CPU of its process", cpu, "us/fact"),
        Figure(f"checkouts of {LINES} lines beside it", placed, "/s"),
        Figure("relay beside checkout", median(out / order for order, out, _ in rounds), "times", LEAST),
    ]


@contextmanager
def _topics(bootstrap: str) -> Iterator[str]:
    prefix = f"bench{secrets.token_hex(3)}."
    os.environ["ATLANTIC_TOPIC_PREFIX"] = prefix
    made = ensure(bootstrap, prefix=prefix)
    try:
        yield prefix
    finally:
        with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
            admin.delete_topics(made)


async def _placed(dsn: str) -> float:
    """Orders a second, of shoppers who buy other products than their neighbours."""
    pool = db.engine(dsn, size=TOGETHER)
    count = ORDERS // TOGETHER
    queues = [market.shoppers(dsn, count, market.products(dsn, LINES, stock=ORDERS)) for _ in range(TOGETHER)]

    async def till(people: list[UUID]) -> None:
        for user_id in people:
            async with db.transaction(pool) as conn:
                await service.place(conn, user_id, market.ASKED)

    began = time.perf_counter()
    await asyncio.gather(*map(till, queues))
    seconds = time.perf_counter() - began
    await pool.dispose()
    return TOGETHER * count / seconds


def _emptied(store: Store, publisher: Publisher) -> tuple[float, float]:
    """Facts a second, and the CPU microseconds of each in this process."""
    facts, began, cpu = 0, time.perf_counter(), own()
    while rows := publish_batch(store, publisher):
        facts += len(rows)
    return facts / (time.perf_counter() - began), (own() - cpu) * 1e6 / facts
