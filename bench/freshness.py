"""Freshness: from a click's recorded_at until the mart shows it, at 1,000 and at 10,000 clicks a second."""

import multiprocessing
import os
import time
import uuid
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import numpy as np
from kafka import KafkaProducer

from bench._warehouse import click, playground, sink, until, warehouse
from clickhouse.client import one
from streams.events.codec import encode_message
from streams.events.partitions import partition_of

RATES = (1_000, 10_000)
SECONDS, STEP = 15, 0.05
STAMP = datetime(2000, 1, 1, 0, 0, 0, 123_457, tzinfo=UTC)
WRITTEN = b"2000-01-01T00:00:00.123457Z"
LOOK_EVERY = 0.02
TARGET_P50_MS, TARGET_P99_MS = 250, 1000

Steps = list[list[tuple[int, bytes]]]
"""Messages of each step: partition and lines."""


def main() -> None:
    """Print p50 and p99 for each rate. The n-th click seen is taken for the n-th recorded."""
    for rate in RATES:
        with playground() as (prefix, _), sink():
            delays = _delays(prefix, rate)
        p50, p99 = np.percentile(delays, [50, 99])
        print(
            f"{rate:,} clicks/s: p50 {p50:.0f} ms, p99 {p99:.0f} ms "
            f"(targets {TARGET_P50_MS} and {TARGET_P99_MS}; {len(delays):,} clicks)"
        )


def steps(rate: int) -> tuple[Steps, int]:
    """Messages made beforehand, all but their moments, and how many lines each has."""
    sessions = {partition_of(session): session for session in (uuid.uuid4() for _ in range(100))}
    lines = round(rate * STEP / len(sessions))
    made = [
        [(place, encode_message([click(session, STAMP) for _ in range(lines)])) for place, session in sessions.items()]
        for _ in range(int(SECONDS / STEP))
    ]
    return made, lines


def send(topic: str, made: Steps, told: Connection) -> None:
    """Send the messages step by step as collectors would; tells when each step was recorded. Runs in a process."""
    producer = KafkaProducer(
        bootstrap_servers=os.environ["ATLANTIC_KAFKA_BOOTSTRAP"], linger_ms=0, compression_type="lz4"
    )
    recorded: list[float] = []
    began = time.monotonic()
    for step, messages in enumerate(made):
        time.sleep(max(0.0, began + step * STEP - time.monotonic()))
        now = datetime.now(UTC)
        now = now.replace(microsecond=now.microsecond | 1)
        for partition, body in messages:
            producer.send(topic, body.replace(WRITTEN, _written(now)), partition=partition)
        recorded.append(now.timestamp())
    producer.flush()
    producer.close()
    told.send(recorded)


def _written(moment: datetime) -> bytes:
    return moment.isoformat().replace("+00:00", "Z").encode()


def _delays(prefix: str, rate: int) -> list[float]:
    """Milliseconds, one a click."""
    client = warehouse()
    until(lambda: one(client, "SELECT count() FROM sink_claims")[0] > 0, within=60)
    made, lines = steps(rate)
    here, there = multiprocessing.Pipe()
    multiprocessing.get_context("fork").Process(target=send, args=(f"{prefix}tracking", made, there)).start()
    wanted = lines * sum(map(len, made))
    seen = _looks(wanted)
    each = lines * len(made[0])
    recorded = np.repeat(here.recv(), each)
    moments, counts = np.array(seen).T
    shown = moments[np.searchsorted(counts, np.arange(1, wanted + 1))]
    return list((shown - recorded) * 1000)


def _looks(wanted: int) -> list[tuple[float, int]]:
    """When how many clicks were in the mart, until all are."""
    client = warehouse()
    seen: list[tuple[float, int]] = []
    while not seen or seen[-1][1] < wanted:
        count = int(one(client, "SELECT sum(views) FROM funnel_hour_state")[0])
        seen.append((time.time(), count))
        time.sleep(LOOK_EVERY)
    return seen


if __name__ == "__main__":
    main()
