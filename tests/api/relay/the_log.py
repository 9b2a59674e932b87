"""Writes facts into the outbox as the core does, and reads what stands in the log."""

from uuid import UUID

import psycopg
from kafka import KafkaConsumer, TopicPartition

from api import ids, outbox
from api.outbox import Fact
from streams.events import Envelope
from streams.events.carts import CartCleared
from streams.events.codec import Undecodable, decode_message
from streams.events.partitions import PARTITIONS

_INSERT = (
    "INSERT INTO outbox (topic, partition, event_id, line) "
    "SELECT * FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(event_ids)s::uuid[], %(lines)s::bytea[])"
)


def write(connection: psycopg.Connection[tuple[object, ...]], *facts: Fact) -> list[UUID]:
    """Put facts into the outbox in the connection's transaction; their event ids."""
    columns = outbox.rows(facts)
    connection.execute(_INSERT, columns)
    return [UUID(str(event_id)) for event_id in columns["event_ids"]]


def fact(cart_id: UUID | None = None, seq: int = 1) -> Fact:
    """A small fact of a cart; `lines` repeats its place in the cart's life."""
    return Fact(CartCleared(cart_id=cart_id or ids.new(), lines=seq, by="shopper"), seq=seq)


def read(bootstrap: str, topic: str) -> dict[int, list[Envelope]]:
    """Everything in a topic, by partition and in its order; offsets must have no gap."""
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    try:
        ends = consumer.end_offsets(places)
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        bodies: dict[int, list[bytes]] = {place.partition: [] for place in places}
        while any(len(bodies[place.partition]) < ends[place] for place in places):
            for place, records in consumer.poll(timeout_ms=500).items():
                for record in records:
                    assert record.offset == len(bodies[place.partition]), "a gap in the offsets"
                    bodies[place.partition].append(record.value)
    finally:
        consumer.close()
    return {partition: [line for body in found for line in _lines(body)] for partition, found in bodies.items()}


def _lines(body: bytes) -> list[Envelope]:
    found = [line for _, line in decode_message(body)]
    readable = [line for line in found if not isinstance(line, Undecodable)]
    assert len(readable) == len(found)
    return readable
