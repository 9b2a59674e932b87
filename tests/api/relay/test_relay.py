"""The relay: each fact stands in the log once, in order, whatever dies and whenever (R-EVT-3, R-EVT-4, R-NFR-7)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import psycopg
import pytest

from api.relay.lines import messages
from api.relay.log import Publisher
from api.relay.loop import publish_batch, recover
from api.relay.pace import Pace
from api.relay.process import RelaySettings
from api.relay.store import Store
from streams.events import Envelope
from streams.events.partitions import PARTITIONS
from streams.events.progress import ProgressMarked
from tests.api.relay import the_log
from tests.api.running import relay
from tests.line import eventually

FAR = 2**62


@pytest.fixture
def settings(pg: str, kafka_bootstrap: str) -> RelaySettings:
    return RelaySettings.model_validate({})


@pytest.fixture
def outbox(pg: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(pg, autocommit=True) as connection:
        connection.execute("DELETE FROM outbox")
        yield connection


def waiting(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    row = connection.execute("SELECT count(*) FROM outbox").fetchone()
    assert row
    return int(str(row[0]))


def stands_in(connection: psycopg.Connection[tuple[object, ...]], event_id: UUID) -> bool:
    return connection.execute("SELECT true FROM outbox WHERE event_id = %s", [event_id]).fetchone() is not None


def publishing(connection: psycopg.Connection[tuple[object, ...]], had: int) -> None:
    """Wait until a relay has begun to settle."""
    eventually(lambda: waiting(connection) < had, within=60, every=0.01)


def carts(settings: RelaySettings) -> dict[int, list[Envelope]]:
    return the_log.read(settings.kafka_bootstrap, settings.topic_prefix + "carts")


def facts_of(settings: RelaySettings) -> list[UUID]:
    return [e.event_id for found in carts(settings).values() for e in found if e.event == "cart.cleared"]


def test_published_but_not_settled_is_settled_by_the_next(
    settings: RelaySettings, outbox: psycopg.Connection[tuple[object, ...]]
) -> None:
    """Killed between Kafka's acknowledgement and the delete: the next relay finds its lines in the log."""
    written = the_log.write(outbox, *(the_log.fact() for _ in range(700)))
    dead, publisher = Store(settings.postgres_dsn), Publisher(settings.kafka_bootstrap, settings.topic_prefix)
    publisher.publish(messages(dead.fetch(500)))
    publisher.close()
    dead.close()
    heir = Store(settings.postgres_dsn)
    publisher = Publisher(settings.kafka_bootstrap, settings.topic_prefix)
    try:
        assert heir.lead()
        assert recover(heir, settings) == 500
        assert len(publish_batch(heir, publisher)) == 200
    finally:
        publisher.close()
        heir.close()
    found = facts_of(settings)
    assert all(found.count(event_id) == 1 for event_id in written)


def test_killed_again_and_again_it_loses_and_repeats_nothing(
    settings: RelaySettings, outbox: psycopg.Connection[tuple[object, ...]], env: dict[str, str]
) -> None:
    """kill -9 of the process at random moments while facts are written."""
    written: list[UUID] = []
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-m", "api.relay.process"], env=os.environ | env) as process:
            try:
                before = waiting(outbox)
                written += the_log.write(outbox, *(the_log.fact() for _ in range(1500)))
                publishing(outbox, before + 1500)
                written += the_log.write(outbox, *(the_log.fact() for _ in range(1500)))
                time.sleep(random.random() / 20)
            finally:
                process.send_signal(signal.SIGKILL)
    with relay():
        eventually(lambda: waiting(outbox) == 0, within=60)
    found = facts_of(settings)
    assert set(written) <= set(found)
    assert len(found) == len(set(found))


def test_marks_stand_behind_everything_they_promise(
    settings: RelaySettings, outbox: psycopg.Connection[tuple[object, ...]], pg: str
) -> None:
    """Cuts: no fact with tx < X comes after the mark X, also when an older transaction commits last."""
    with relay():
        eventually(lambda: marks_in(carts(settings)), within=30)
        with psycopg.connect(pg) as slow:
            (late,) = the_log.write(slow, the_log.fact())
            the_log.write(outbox, *(the_log.fact() for _ in range(50)))
            held = len(marks_in(carts(settings)))
            eventually(lambda: len(marks_in(carts(settings))) > held + 8, within=30)
        eventually(lambda: late in facts_of(settings), within=30)
        after = len(marks_in(carts(settings)))
        eventually(lambda: len(marks_in(carts(settings))) > after + 4, within=30)
    for lines in carts(settings).values():
        complete_to = 0
        for line in lines:
            if isinstance(line.payload, ProgressMarked):
                assert line.payload.complete_to >= complete_to, line
                complete_to = line.payload.complete_to
            else:
                assert line.tx >= complete_to, line


def marks_in(log: dict[int, list[Envelope]]) -> list[Envelope]:
    return [line for lines in log.values() for line in lines if isinstance(line.payload, ProgressMarked)]


def test_a_quiet_shop_is_marked_seldom_and_a_fact_in_it_at_once(
    settings: RelaySettings, outbox: psycopg.Connection[tuple[object, ...]], pg: str
) -> None:
    """Marks are kept for ever; a fact is promised within a second, counted from when nothing older runs any more."""
    with relay():
        (known,) = the_log.write(outbox, the_log.fact())
        eventually(lambda: promised(carts(settings), known), within=60)
        before = len(marks_in(carts(settings)))
        time.sleep(4)
        assert len(marks_in(carts(settings))) - before <= PARTITIONS, "one round of marks at most in four quiet seconds"
        with psycopg.connect(pg) as older:
            older.execute("SELECT pg_current_xact_id()")
            (event_id,) = the_log.write(outbox, the_log.fact())
            eventually(lambda: event_id in facts_of(settings), within=30)
        eventually(lambda: promised(carts(settings), event_id), within=60)


def test_the_pace_of_marks() -> None:
    """A second while something is promised by no mark, five without; also when an older transaction ends late."""
    now = [100.0]
    pace = Pace(lambda: now[0])
    seen: list[float] = []
    for tenth in range(240):
        now[0] = 100 + tenth / 10
        if tenth == 50:
            pace.published([7])
        if pace.due:
            seen.append(now[0] - 100)
            pace.marked(7 if 50 <= tenth < 90 else 8)  # the older transaction holds X at 7 until 9.0
    assert seen == [0, 5, 6, 7, 8, 9, 14, 19]


def promised(log: dict[int, list[Envelope]], event_id: UUID) -> bool:
    """Whether the newest mark of every partition tells that a fact stands before it."""
    (tx, *_) = [line.tx for lines in log.values() for line in lines if line.event_id == event_id] or [FAR]
    marks = [mark.payload for lines in log.values() for mark in marks_in({0: lines})[-1:]]
    promises = [isinstance(mark, ProgressMarked) and mark.complete_to > tx for mark in marks]
    return len(promises) == PARTITIONS and all(promises)


def test_one_relay_leads_and_the_other_takes_over(
    settings: RelaySettings, outbox: psycopg.Connection[tuple[object, ...]]
) -> None:
    """Advisory lock: the standby publishes once the leader's connection is gone."""
    with closing(Store(settings.postgres_dsn)) as leader:
        assert leader.lead()
        with relay():
            (event_id,) = the_log.write(outbox, the_log.fact())
            time.sleep(1)
            assert stands_in(outbox, event_id)
            leader.close()
            eventually(lambda: waiting(outbox) == 0, within=30)
    assert facts_of(settings).count(event_id) == 1


def test_it_waits_for_kafka_and_stops_when_told(
    outbox: psycopg.Connection[tuple[object, ...]], env: dict[str, str]
) -> None:
    """R-API-16, R-NFR-9: rows wait in the outbox, the relay backs off, and SIGTERM still ends it in order."""
    (event_id,) = the_log.write(outbox, the_log.fact())
    away = os.environ | env | {"ATLANTIC_KAFKA_BOOTSTRAP": "127.0.0.1:9"}
    with subprocess.Popen([sys.executable, "-m", "api.relay.process"], env=away, stderr=subprocess.PIPE) as process:
        assert process.stderr
        seen = next(line for line in process.stderr if b"relay starts over" in line)
        process.terminate()
        process.stderr.read()
    assert (process.returncode, b"Kafka" in seen) == (0, True)
    assert stands_in(outbox, event_id)
