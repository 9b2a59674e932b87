"""Writes to Kafka what the worker makes: whole batches a partition, acknowledged before it goes on."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

BATCH_BYTES = 512 * 1024
REQUEST_TIMEOUT_MS = 600_000
"""While Kafka is away a flush waits; giving up earlier would only mean starting over."""


class Record(NamedTuple):
    """One Kafka message; a value of None deletes the key from a compacted topic."""

    key: bytes | None
    value: bytes | None


Place = tuple[str, int]
"""Topic and partition."""


class Appender:
    """An idempotent producer that sends each partition's records as ready-made batches.

    One record at a time costs a future and a lock each; a batch costs one for hundreds of them.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id="atlantic-worker-appender",
            enable_idempotence=True,
            compression_type="lz4",
            max_batch_size=BATCH_BYTES,
            max_request_size=8 * 1024 * 1024,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Close the connections."""
        if self._producer is not None:
            await self._producer.stop()

    async def append(self, records: Mapping[Place, Iterable[Record]]) -> None:
        """Append the records, in order per partition, and wait until Kafka has them all; KafkaError when it may not."""
        sent = [await self._send(batch, place) for place, some in records.items() for batch in self._batches(some)]
        await asyncio.gather(*sent)

    def _batches(self, records: Iterable[Record]) -> Iterable[BatchBuilder]:
        producer = self._ready()
        batch = producer.create_batch()
        for record in records:
            if batch.append(key=record.key, value=record.value, timestamp=None) is None:
                yield batch
                batch = producer.create_batch()
                batch.append(key=record.key, value=record.value, timestamp=None)
        if batch.record_count():
            yield batch

    async def _send(self, batch: BatchBuilder, place: Place) -> "asyncio.Future[object]":
        topic, partition = place
        future: asyncio.Future[object] = await self._ready().send_batch(batch, topic, partition=partition)
        return future

    def _ready(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError("not started")
        return self._producer
