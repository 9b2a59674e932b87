"""Freshness: from a click's recorded_at until the mart shows it, at 1,000 and at 10,000 clicks a second."""

import os
import threading
import time
import uuid

import numpy as np
from kafka import KafkaProducer

from bench._warehouse import click, playground, sink, until, warehouse
from clickhouse.client import one
from streams.events.codec import encode_message
from streams.events.partitions import partition_of

RATES = (1_000, 10_000)
SECONDS, STEP = 15, 0.05
LOOK_EVERY = 0.01
TARGET_P50_MS, TARGET_P99_MS = 250, 1000


class Clicks(threading.Thread):
    """Sends clicks at a rate, in the messages a collector would send, and keeps when each was recorded."""

    def __init__(self, prefix: str, rate: int) -> None:
        super().__init__(daemon=True)
        self._topic, self._rate = f"{prefix}tracking", rate
        self._sessions = {partition_of(session): session for session in (uuid.uuid4() for _ in range(100))}
        self.recorded: list[float] = []

    def run(self) -> None:
        producer = KafkaProducer(bootstrap_servers=os.environ["ATLANTIC_KAFKA_BOOTSTRAP"], linger_ms=0)
        began = time.monotonic()
        for step in range(int(SECONDS / STEP)):
            time.sleep(max(0.0, began + step * STEP - time.monotonic()))
            for partition, session in self._sessions.items():
                envelopes = [click(session) for _ in range(int(self._rate * STEP / len(self._sessions)))]
                self.recorded += [envelope.recorded_at.timestamp() for envelope in envelopes]
                producer.send(self._topic, encode_message(envelopes), partition=partition)
        producer.flush()
        producer.close()


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
