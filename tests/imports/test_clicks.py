"""Imported clicks in a real log: each once, at its own time, also when a run died between the log and its mark."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from stack.imports import clicks, rees46
from stack.imports.run import Job, run
from stack.imports.sessions import session_id
from stack.imports.target import Target
from streams.events import Envelope
from streams.events.codec import decode_message
from streams.events.partitions import PARTITIONS, partition_of
from streams.events.registry import CLICK_TOPIC
from streams.events.tracking import ClickTracked
from tests.imports.test_booking import Quiet
from tests.imports.test_rees46 import HEADER, shipped_rows

ROWS = 400


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = [",".join(row[name] for name in HEADER.split(",")) for row in shipped_rows()[:ROWS]]
    path = tmp_path / "clicks.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def import_clicks(path: Path, source: str, progress: Quiet | None = None) -> dict[str, Any]:
    job = Job(path, rees46.SOURCE, source, wait=False)
    return asyncio.run(run(job, Target.here(), progress or Quiet()))


def landed(bootstrap: str, prefix: str, source: str) -> list[tuple[int, Envelope]]:
    """The clicks of an import with their partitions, as they stand in the log."""
    return [
        (partition, event)
        for partition, body in _bodies(bootstrap, prefix)
        for _, event in decode_message(body)
        if isinstance(event, Envelope) and event.correlation_id == f"import:{source}:clicks"
    ]


def _bodies(bootstrap: str, prefix: str) -> Iterator[tuple[int, bytes]]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    places = [TopicPartition(prefix + CLICK_TOPIC, partition) for partition in range(PARTITIONS)]
    try:
        ends = consumer.end_offsets(places)
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        while any(consumer.position(place) < end for place, end in ends.items()):
            for place, records in consumer.poll(timeout_ms=300).items():
                yield from ((place.partition, record.value) for record in records)
    finally:
        consumer.close()


def test_clicks_keep_time_session_and_product(env: dict[str, str], pg: str, kafka_bootstrap: str, file: Path) -> None:
    """R-TRK-7 is for shoppers' clients: an import is trusted with dates."""
    summary = import_clicks(file, "plain")
    found = landed(kafka_bootstrap, env["ATLANTIC_TOPIC_PREFIX"], "plain")
    wanted = [row for row in shipped_rows()[:ROWS] if row["event_type"] != "purchase"]
    assert summary["clicks_sent"] == len(found) == len(wanted)
    assert all(partition == partition_of(event.aggregate_id) for partition, event in found)
    with psycopg.connect(pg) as connection:
        skus = {key: sku for key, sku in connection.execute("SELECT id, sku FROM products")}
    told = Counter(
        (f"{event.occurred_at:%Y-%m-%d %H:%M:%S} UTC", click.session_id, skus[click.product_id], click.price_minor)
        for _, event in found
        if isinstance(click := event.payload, ClickTracked) and click.product_id and not click.time_corrected
    )
    assert told == Counter(
        (
            row["event_time"],
            session_id(row["user_session"]),
            f"rees46-{row['product_id']}",
            int(row["price"].replace(".", "")),
        )
        for row in wanted
    )


@pytest.mark.parametrize("stop_after", [1, 2, 4])
def test_a_killed_run_sends_what_is_missing(
    env: dict[str, str], kafka_bootstrap: str, file: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    """The run dies after Kafka has a chunk and before its mark is written; the next one finds the chunk in the log."""
    monkeypatch.setattr(clicks, "CLICKS_A_CHUNK", 60)
    source, once = f"killed-{stop_after}", clicks.Sender._mark
    begun = 0

    async def dying(sender: clicks.Sender, item: str) -> None:
        nonlocal begun
        begun += item.endswith(":done")
        if begun == stop_after:
            raise KeyboardInterrupt
        await once(sender, item)

    monkeypatch.setattr(clicks.Sender, "_mark", dying)
    with pytest.raises(KeyboardInterrupt):
        import_clicks(file, source)
    monkeypatch.setattr(clicks.Sender, "_mark", once)
    before = len(landed(kafka_bootstrap, env["ATLANTIC_TOPIC_PREFIX"], source))
    summary = import_clicks(file, source)
    found = [event.event_id for _, event in landed(kafka_bootstrap, env["ATLANTIC_TOPIC_PREFIX"], source)]
    assert len(found) == len(set(found)) == summary["clicks"] == before + summary["clicks_sent"]
    assert before > 0
    assert import_clicks(file, source)["clicks_sent"] == 0
