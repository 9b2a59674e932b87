"""Sink: events a second from Kafka into landing tables and marts, beside bare Native inserts of the same cuts."""

import os
import time
import uuid
from datetime import datetime

from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer

from bench._warehouse import click, playground, sink, until, warehouse
from clickhouse.client import one
from clickhouse.sink.flow import CUT_BYTES
from clickhouse.sink.reading import Message, read
from clickhouse.sink.rows import Insert, inserts
from streams.events.codec import encode_message

MESSAGES, LINES = 500, 500
TARGET = 0.8


def main() -> None:
    """Print both rates and their ratio; the bare inserts run before and after the sink, the machine being shared."""
    with playground() as (prefix, _):
        messages = [_message(n) for n in range(MESSAGES)]
        cuts = [inserts(read(cut)[0])[0] for cut in _cuts(messages)]
        _send(prefix, messages)
        client = warehouse()
        before = _bare(client, cuts)
        _empty(client)
        landed = _landed(client)
        _empty(client)
        after = _bare(client, cuts)
    bare = (before + after) / 2
    print(f"bare Native inserts {before:,.0f} and {after:,.0f} events/s; sink {landed:,.0f} events/s")
    print(f"ratio {landed / bare:.2f} (target {TARGET})")


def _message(number: int) -> Message:
    session = uuid.uuid4()
    return Message("tracking", number % 4, number // 4, encode_message([click(session) for _ in range(LINES)]))


def _cuts(messages: list[Message]) -> list[list[Message]]:
    size = max(1, CUT_BYTES // len(messages[0].body))
    return [messages[start : start + size] for start in range(0, len(messages), size)]


def _send(prefix: str, messages: list[Message]) -> None:
    producer = KafkaProducer(bootstrap_servers=os.environ["ATLANTIC_KAFKA_BOOTSTRAP"], max_request_size=8 << 20)
    for message in messages:
        producer.send(f"{prefix}{message.topic}", message.body, partition=message.partition)
    producer.flush()
    producer.close()


def _bare(client: Client, cuts: list[list[Insert]]) -> float:
    began = time.perf_counter()
    for cut in cuts:
        for insert in cut:
            settings = {"async_insert": 0, "insert_deduplication_token": str(uuid.uuid4())}
            client.raw_insert(insert.table, insert.columns, insert.body, settings=settings, fmt="Native")
    return MESSAGES * LINES / (time.perf_counter() - began)


def _landed(client: Client) -> float:
    """Events a second between the first and the last cut that landed; the start of the process does not count."""
    with sink():
        until(lambda: one(client, "SELECT count() FROM landing_clicks")[0] == MESSAGES * LINES, within=180)
    query = "SELECT landed_at, count() FROM events GROUP BY landed_at ORDER BY landed_at"
    cuts: list[tuple[datetime, int]] = client.query(query).result_rows  # type: ignore[assignment]
    seconds = (cuts[-1][0] - cuts[0][0]).total_seconds()
    return sum(rows for _, rows in cuts[:-1]) / seconds


def _empty(client: Client) -> None:
    for table in ("events", "landing_clicks", "funnel_hour_state", "pipeline_health_state"):
        client.command(f"TRUNCATE TABLE {table}")


if __name__ == "__main__":
    main()
