"""Freshness: from a click's recorded_at until the mart shows it, at 1,000 and at 10,000 clicks a second."""

import os
import threading
import time
import uuid
from datetime import UTC, datetime

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
LOOK_EVERY = 0.01
TARGET_P50_MS, TARGET_P99_MS = 250, 1000


class Clicks(threading.Thread):
    """Sends clicks at a rate, in the messages a collector would send, and keeps when each was recorded.

    The messages are made beforehand, all but their moments, so that making them takes nothing from the sink.
    """

    def __init__(self, prefix: str, rate: int) -> None:
        super().__init__(daemon=True)
        self._topic = f"{prefix}tracking"
        sessions = {partition_of(session): session for session in (uuid.uuid4() for _ in range(100))}
        self._lines = int(rate * STEP / len(sessions))
        self._steps = [
            [
                (place, encode_message([click(session, STAMP) for _ in range(self._lines)]))
                for place, session in sessions.items()
            ]
            for _ in range(int(SECONDS / STEP))
        ]
        self.recorded: list[float] = []

    def run(self) -> None:
        producer = KafkaProducer(bootstrap_servers=os.environ["ATLANTIC_KAFKA_BOOTSTRAP"], linger_ms=0)
        began = time.monotonic()
        for step, messages in enumerate(self._steps):
            time.sleep(max(0.0, began + step * STEP - time.monotonic()))
            now = datetime.now(UTC).replace(microsecond=datetime.now(UTC).microsecond | 1)
            for partition, body in messages:
                self.recorded += [now.timestamp()] * self._lines
                producer.send(self._topic, body.replace(WRITTEN, _written(now)), partition=partition)
        producer.flush()
        producer.close()


def _written(moment: datetime) -> bytes:
    return moment.isoformat().replace("+00:00", "Z").encode()


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


def _delays(prefix: str, rate: int) -> list[float]:
    client = warehouse()
    until(lambda: one(client, "SELECT count() FROM sink_claims")[0] > 0, within=60)
    clicks = Clicks(prefix, rate)
    clicks.start()
    delays: list[float] = []
    while clicks.is_alive() or len(delays) < len(clicks.recorded):
        seen = int(one(client, "SELECT sum(views) FROM funnel_hour_state")[0])
        now = time.time()
        delays += [(now - moment) * 1000 for moment in clicks.recorded[len(delays) : seen]]
        time.sleep(LOOK_EVERY)
    return delays


if __name__ == "__main__":
    main()
