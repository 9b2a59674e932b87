"""Clicks from HTTP into Kafka, or onto the disk while Kafka is away."""

import asyncio
import gzip
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

import httpx2
import msgspec
import pytest
from kafka import KafkaConsumer, TopicPartition

from api.collector import Collector, messages
from api.errors import Unavailable
from api.tracking.clicks import Line
from api.tracking.spool import Spool, SpoolFull
from streams.events import codec
from streams.events.partitions import PARTITIONS, partition_of
from streams.topics import ensure
from tests.api.conftest import NOBODY_LISTENS
from tests.api.serving import serving

DEADLINE_S = 40.0


def click(**changed: object) -> dict[str, object]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {
        "click_id": str(uuid4()), "name": "Page Viewed", "session_id": str(uuid4()), "occurred_at": now, **changed,
    }  # fmt: skip


def landed(env: dict[str, str], bootstrap: str) -> Counter[str]:
    """How often each click stands in the topic."""
    topic = env["ATLANTIC_TOPIC_PREFIX"] + "tracking"
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    found: Counter[str] = Counter()
    try:
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < ends[place] for place in places):
            for place, records in consumer.poll(timeout_ms=500).items():
                for record in records:
                    for _, envelope in codec.decode_message(record.value):
                        assert partition_of(envelope.aggregate_id) == place.partition  # type: ignore[union-attr]
                        found[str(envelope.event_id)] += 1  # type: ignore[union-attr]
    finally:
        consumer.close()
    return found


@pytest.fixture(scope="module")
def api(kafka_bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(rate_limits=False, home=tmp_path_factory.mktemp("home")) as address:
        yield address + "/v1/tracking/clicks"


def send(api: str, content: bytes, **headers: str) -> dict[str, Any]:
    answer = httpx2.post(api, content=content, headers=headers, timeout=30)
    assert answer.status_code == 202, answer.text
    taken: dict[str, Any] = answer.json()
    return taken


def test_one_click_an_array_and_lines_plain_and_packed(api: str, env: dict[str, str], kafka_bootstrap: str) -> None:
    """E-TRK-1: accepted means that it stands in the log, once."""
    clicks = [click() for _ in range(40)]
    bad = click(name="Order Completed")
    one, array, lines, packed = clicks[:1], clicks[1:10], clicks[10:20], clicks[20:]
    assert send(api, msgspec.json.encode(one[0])) == {"accepted": 1, "rejected": []}
    assert send(api, msgspec.json.encode([*array, bad]))["rejected"] == [{"index": 9, "reason": "purchase-from-client"}]
    body = b"\n".join([*map(msgspec.json.encode, lines), b"{broken", b""])
    taken = send(api, body, **{"content-type": "application/x-ndjson"})
    assert (taken["accepted"], taken["rejected"][0]["index"]) == (10, 10)
    send(api, gzip.compress(msgspec.json.encode(packed)), **{"content-encoding": "gzip"})
    send(api, msgspec.json.encode(clicks))
    found = landed(env, kafka_bootstrap)
    assert {found[str(sent["click_id"])] for sent in clicks} == {1}
    assert str(bad["click_id"]) not in found


def test_many_at_once_are_all_there(api: str, env: dict[str, str], kafka_bootstrap: str) -> None:
    """R-TRK-1: calls share messages, a click that comes twice at once is taken once."""
    batches = [[click() for _ in range(50)] for _ in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda batch: send(api, msgspec.json.encode(batch)), batches + batches))
    found = landed(env, kafka_bootstrap)
    assert {found[str(sent["click_id"])] for batch in batches for sent in batch} == {1}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 422),
        (b"no json", {}, 422),
        (b"[{]", {}, 422),
        (b"{broken", {}, 422),
        (b"x", {"content-encoding": "gzip"}, 422),
        (gzip.compress(b"[]", mtime=0)[:-9], {"content-encoding": "gzip"}, 422),
        (gzip.compress(b"[]", mtime=0) * 2, {"content-encoding": "gzip"}, 422),
        (b"[]", {"content-encoding": "br"}, 415),
        (b"[]", {"content-type": "image/png"}, 415),
        (msgspec.json.encode([{}] * 501), {}, 413),
        (b"[" + b" " * 1_048_576, {}, 413),
    ],
)
def test_what_is_no_batch_is_a_problem(api: str, content: bytes, headers: dict[str, str], status: int) -> None:
    """E-TRK-1, R-API-3, R-API-14."""
    answer = httpx2.post(api, content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_clicks_survive_a_kafka_that_is_away_and_a_kill(
    env: dict[str, str], kafka_bootstrap: str, redis_url: str, tmp_path: Path
) -> None:
    """R-TRK-2: taken onto the disk, killed with -9, delivered once by the next process, in order."""
    session, sent = str(uuid4()), [click() for _ in range(30)]
    for one in sent:
        one["session_id"] = session
    with process(env, tmp_path, NOBODY_LISTENS) as (address, killed):
        for start in range(0, 30, 10):
            assert send(address, msgspec.json.encode(sent[start : start + 10]))["accepted"] == 10
        os.kill(killed.pid, signal.SIGKILL)
    with process(env, tmp_path, kafka_bootstrap) as (address, _):
        send(address, msgspec.json.encode(sent))
        deadline = time.monotonic() + DEADLINE_S
        while not all((found := landed(env, kafka_bootstrap))[str(one["click_id"])] for one in sent):
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert {found[str(one["click_id"])] for one in sent} == {1}


def test_a_full_spool_refuses(env: dict[str, str], redis_url: str, tmp_path: Path) -> None:
    """R-TRK-2: 503 with Retry-After, and nothing is said to be safe that is not."""
    batches = [msgspec.json.encode([click(page="/" + "x" * 499) for _ in range(500)]) for _ in range(4)]
    with serving(rate_limits=False, home=tmp_path, kafka_bootstrap=NOBODY_LISTENS, spool_mib=1) as address:
        answers = [httpx2.post(f"{address}/v1/tracking/clicks", content=batch, timeout=30) for batch in batches]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused
    assert all(answer.headers["retry-after"] for answer in refused)


async def test_a_full_spool_is_delivered_although_clicks_keep_coming(
    env: dict[str, str], kafka_bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-TRK-2: once Kafka is back, the spool empties and clicks are taken again, however many call meanwhile."""
    monkeypatch.setattr("api.collector.SimpleQueue", Crowded)
    prefix, limit = env["ATLANTIC_TOPIC_PREFIX"] + "crowded.", 512 * 1024
    ensure(kafka_bootstrap, prefix=prefix)
    full = Spool(tmp_path / "spool" / f"{prefix}clicks", limit)
    with suppress(SpoolFull):
        while True:
            full.append(list(messages(some(100))))
    full.close()
    collector = Collector(kafka_bootstrap, prefix, tmp_path, spool_bytes=limit)
    collector.start()
    taken = asyncio.Event()

    async def call_again_and_again() -> None:
        lines = some(500)
        while not taken.is_set():
            with suppress(Unavailable):
                await collector.submit(lines)
                taken.set()

    callers = [asyncio.create_task(call_again_and_again()) for _ in range(4)]
    try:
        await asyncio.wait_for(taken.wait(), 15)
    finally:
        taken.set()
        await asyncio.gather(*callers)
        collector.stop()


class Crowded(SimpleQueue[Any]):
    """A queue in which somebody always waits."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        return super().get(block, 2)


def some(count: int) -> list[Line]:
    """Clicks of as many sessions."""
    ids = [uuid4() for _ in range(count)]
    return [Line(one.int % PARTITIONS, one, one, msgspec.json.encode({"event_id": one})) for one in ids]


@contextmanager
def process(env: dict[str, str], home: Path, bootstrap: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """An api of its own process, which can be killed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    changed = {
        "ATLANTIC_HOME": str(home), "ATLANTIC_PORT_BASE": str(port), "ATLANTIC_KAFKA_BOOTSTRAP": bootstrap,
        "ATLANTIC_RATE_LIMITS": "off",
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-m", "api.main"], env={**os.environ, **env, **changed}) as running:
        try:
            _wait(port, running)
            yield f"http://127.0.0.1:{port}/v1/tracking/clicks", running
        finally:
            running.kill()


def _wait(port: int, running: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            httpx2.get(f"http://127.0.0.1:{port}/health/live").raise_for_status()
        except httpx2.HTTPError:
            assert running.poll() is None
            assert time.monotonic() < deadline
            threading.Event().wait(0.1)
        else:
            return
