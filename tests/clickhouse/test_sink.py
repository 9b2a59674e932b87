"""The sink as it runs: from Kafka into tables, with marks, dead letters and stream tables."""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.request import urlopen

import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from clickhouse.client import one
from streams.dead_letters import Post, Refused
from streams.events import FACT_TOPICS
from streams.events.codec import encode, encode_message
from streams.events.dead_letters import DeadLetter, encode_letters
from streams.events.progress import ProgressMarked
from streams.topics import MAX_MESSAGE_BYTES
from tests.clickhouse.log_lines import click, envelope
from tests.clickhouse.sink_process import Sink, eventually, sink


@pytest.fixture(scope="module")
def running(clickhouse: Client, kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """A sink on this module's topics and database."""
    with sink(tmp_path_factory.mktemp("sink") / "sink.log") as process:
        yield process


@pytest.fixture(scope="module")
def producer(kafka_bootstrap: str) -> Iterator[KafkaProducer]:
    """Writes to the log."""
    made = KafkaProducer(bootstrap_servers=kafka_bootstrap, acks="all", max_request_size=MAX_MESSAGE_BYTES)
    yield made
    made.close()


def test_it_leaves_nothing_where_it_was_started(running: Sink) -> None:
    """Its place stands in ClickHouse alone; Faust makes folders in the current one, wherever that is."""
    assert list(running.folder.iterdir()) == []


def test_a_bad_line_lands_among_the_dead_letters(
    running: Sink, clickhouse: Client, producer: KafkaProducer, env: dict[str, str]
) -> None:
    """With its place and reason; the other lines of its message land (R-EVT-10)."""
    topic, good = f"{env['ATLANTIC_TOPIC_PREFIX']}tracking", [click(), click()]
    body = b"\n".join([encode(good[0]), b'{"event": "click.tracked"', encode(good[1])])
    sent = producer.send(topic, body, partition=1).get(timeout=10)
    query = "SELECT topic, partition, offset, line_no, consumer FROM dead_letters FINAL WHERE partition = 1"
    eventually(lambda: clickhouse.query(query).result_rows, 60)
    assert clickhouse.query(query).result_rows == [("tracking", 1, sent.offset, 1, "sink")]
    ids = [each.event_id for each in good]
    landed = clickhouse.query("SELECT line_no FROM landing_clicks WHERE event_id IN {ids:Array(UUID)}", {"ids": ids})
    assert {row[0] for row in landed.result_rows} == {0, 2}


def test_what_was_replayed_does_not_wait_any_more(
    running: Sink, clickhouse: Client, producer: KafkaProducer, env: dict[str, str], kafka_bootstrap: str
) -> None:
    """Its letters name the new place, in the topic and in the table; nobody replays it again (R-EVT-10)."""
    prefix, line = env["ATLANTIC_TOPIC_PREFIX"], encode(click())
    stands = producer.send(f"{prefix}tracking", line, partition=3).get(timeout=10)
    made = DeadLetter(reason="failed", topic="tracking", partition=3, offset=stands.offset, consumer="reactor")
    again = msgspec.structs.replace(made, reason="failed again")
    producer.send(f"{prefix}dead_letters", encode_letters([made, again])).get(timeout=10)
    post = Post(kafka_bootstrap, prefix)
    place = post.replay(next(letter for letter in post.letters() if letter.id == made.id))

    [letter] = [letter for letter in post.letters() if letter.id == made.id]
    assert (letter.replayed_as, letter.attempts) == (place, 2)
    with pytest.raises(Refused, match=f"has been replayed as {place}"):
        post.replay(letter)
    query = "SELECT attempts, replayed_as FROM dead_letters FINAL WHERE partition = 3 AND offset = {offset:Int64}"
    wanted = [(2, place)]
    eventually(lambda: clickhouse.query(query, {"offset": stands.offset}).result_rows == wanted, 60)


def test_a_line_of_megabytes_delays_nobody(
    running: Sink, clickhouse: Client, producer: KafkaProducer, env: dict[str, str]
) -> None:
    """Its letter is short although the line is long, and many long letters are several messages (R-EVT-10)."""
    topic, after = f"{env['ATLANTIC_TOPIC_PREFIX']}tracking", click()
    producer.send(topic, b'{"a": "' + b"x" * 3_000_000 + b'"}', partition=2)
    producer.send(topic, b"\n".join([b"\0" * 16_000] * 100), partition=2)
    producer.send(topic, encode(after), partition=2)
    landed = "SELECT count() FROM landing_clicks WHERE event_id = {id:UUID}"
    eventually(lambda: one(clickhouse, landed, {"id": after.event_id}) == (1,), 60)
    letters = "SELECT count() FROM dead_letters FINAL WHERE topic = 'tracking' AND partition = 2"
    eventually(lambda: one(clickhouse, letters) == (101,), 60)


def test_marks_say_how_far_the_books_are_complete(
    running: Sink, clickhouse: Client, producer: KafkaProducer, env: dict[str, str]
) -> None:
    """The cut is the lowest mark of all partitions of all fact topics; an older mark changes nothing."""
    for complete_to in (500, 400):
        for topic in FACT_TOPICS:
            for partition in range(4):
                mark = ProgressMarked(
                    relay_id=uuid.uuid4(), complete_to=complete_to + partition, marked_at=datetime.now(UTC)
                )
                line = encode_message([envelope(mark)])
                producer.send(f"{env['ATLANTIC_TOPIC_PREFIX']}{topic}", line, partition=partition)
    producer.flush()
    eventually(lambda: one(clickhouse, "SELECT count() FROM progress")[0] == 4 * len(FACT_TOPICS), 60)
    cut = "SELECT complete_to, partitions FROM progress_cut"
    assert one(clickhouse, cut) == (500, 4 * len(FACT_TOPICS))
    assert one(clickhouse, "SELECT count() FROM events WHERE event = 'progress.marked'") == (0,)


def test_stream_tables_are_queryable(
    running: Sink, clickhouse: Client, producer: KafkaProducer, env: dict[str, str]
) -> None:
    """The newest value per key; a removed key is gone."""
    topic = f"{env['ATLANTIC_TOPIC_PREFIX']}worker-live_sales-changelog"
    admin = KafkaAdminClient(bootstrap_servers=env["ATLANTIC_KAFKA_BOOTSTRAP"])
    admin.create_topics([NewTopic(name=topic, num_partitions=1, replication_factor=1)])
    admin.close()
    for key, value in ((b"a", b'{"n": 1}'), (b"a", b'{"n": 2}'), (b"b", b'{"n": 1}'), (b"b", None)):
        producer.send(topic, value, key=key)
    producer.flush()
    rows = "SELECT `table`, key, value FROM stream_tables"
    eventually(lambda: clickhouse.query(rows).result_rows, 90)
    assert clickhouse.query(rows).result_rows == [("live_sales", "a", '{"n": 2}')]


def test_metrics_tell_rows_and_gaps(running: Sink, clickhouse: Client) -> None:
    """In Prometheus' format, on the sink's port."""
    port = int(os.environ["ATLANTIC_PORT_BASE"]) + 12
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert "sink_flush_seconds_count" in text
    assert "sink_gaps_total 0.0" in text
