"""The supervisor with durable servers: what it promises when parts, or it itself, are killed."""

import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import psutil
import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from redis import Redis

from stack import secrets
from stack.environment import settings
from stack.home import Home
from stack.state import State, load
from tests import ports
from tests.line import Line, eventually

SERVERS = ("postgres", "valkey", "kafka", "clickhouse", "meilisearch")
STOPS_WITHIN_S = 90
"""ClickHouse gives up waiting for its own end after 60 s."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """Five servers as a person has them: nothing is faster than it is safe."""
    instance = Line(tmp_path_factory.mktemp("supervisor") / "home", ports.free())
    done = instance.run("up", "--detach", "--only", "servers", "--no-migrate")
    assert done.returncode == 0, done.stderr
    yield instance
    instance.run("down")


def home_of(line: Line) -> Home:
    return Home(line.home, line.port_base)


def state_of(line: Line) -> State:
    state = load(home_of(line))
    assert state is not None
    return state


def kill(line: Line, part: str) -> None:
    """kill -9, then wait until the part is healthy again."""
    before = state_of(line).parts[part]
    assert before.process is not None
    os.kill(before.process.pid, signal.SIGKILL)
    eventually(lambda: state_of(line).parts[part].restarts == before.restarts + 1, every=0.05)
    eventually(lambda: state_of(line).parts[part].state == "healthy", within=60)


def clickhouse(line: Line, query: str) -> str:
    home = home_of(line)
    login = ("sink", secrets.read(home, "clickhouse_sink"))
    answer = httpx2.post(f"http://{home.address('clickhouse_http')}/", content=query, auth=login)
    return answer.raise_for_status().text.strip()


def test_postgres_keeps_what_it_committed(line: Line) -> None:
    dsn = settings(home_of(line))["ATLANTIC_POSTGRES_DSN"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY kept TO PROGRAM 'true'")
    kill(line, "postgres")
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (42,)


def test_valkey_keeps_what_it_wrote(line: Line) -> None:
    url = settings(home_of(line))["ATLANTIC_REDIS_URL"]
    with Redis.from_url(url) as redis:
        redis.set("kept", "42")
        redis.waitaof(1, 0, 2000)  # the promise is one second; the test does not wait for the clock
    kill(line, "valkey")
    with Redis.from_url(url) as redis:
        assert redis.get("kept") == b"42"


def test_kafka_keeps_what_it_acknowledged(line: Line) -> None:
    bootstrap = home_of(line).address("kafka")
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(name="kept", num_partitions=1, replication_factor=1)])
    with closing(KafkaProducer(bootstrap_servers=bootstrap, acks="all")) as producer:
        producer.send("kept", b"42").get(20)
    kill(line, "kafka")
    with closing(
        KafkaConsumer("kept", bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=20_000)
    ) as consumer:
        assert next(consumer).value == b"42"


def test_clickhouse_keeps_what_it_acknowledged(line: Line) -> None:
    assert clickhouse(line, "CREATE DATABASE IF NOT EXISTS atlantic") == ""
    assert clickhouse(line, "CREATE OR REPLACE TABLE atlantic.kept (a Int64) ENGINE = MergeTree ORDER BY a") == ""
    assert clickhouse(line, "INSERT INTO atlantic.kept VALUES (42)") == ""
    kill(line, "clickhouse")
    assert clickhouse(line, "SELECT a FROM atlantic.kept") == "42"


def test_meilisearch_comes_back(line: Line) -> None:
    kill(line, "meilisearch")


def test_secrets_are_private_and_not_on_command_lines(line: Line) -> None:
    home = home_of(line)
    for path in (home.secrets, *home.secrets.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    known = {secrets.read(home, path.name) for path in home.secrets.iterdir() if path.stat().st_size}
    for part in state_of(line).parts.values():
        process = part.process.find() if part.process else None
        assert process is not None
        assert not any(secret in " ".join(process.cmdline()) for secret in known)


def test_servers_listen_on_loopback_only(line: Line) -> None:
    for part in state_of(line).parts.values():
        process = part.process.find() if part.process else None
        assert process is not None
        open_at = {c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
        assert open_at <= {"127.0.0.1", "::ffff:127.0.0.1"}, open_at


def test_status_names_every_part(line: Line) -> None:
    answer = line.ask("status")
    assert answer["healthy"]
    assert {part["name"] for part in answer["parts"]} == set(SERVERS)
    assert answer["dead_letters"] is None or answer["dead_letters"] >= 0


def test_only_one_supervisor_a_home(line: Line) -> None:
    again = line.run("up", "--detach", "--only", "valkey", "--no-migrate")
    assert again.returncode == 1
    assert "already running" in again.stderr


def test_a_killed_supervisor_leaves_nothing_behind_and_can_be_started_again(line: Line) -> None:
    clickhouse(line, "CREATE DATABASE IF NOT EXISTS atlantic")
    clickhouse(line, "CREATE TABLE IF NOT EXISTS atlantic.survivor ENGINE = MergeTree ORDER BY a AS SELECT 42 AS a")
    state = state_of(line)
    pids = [part.process.pid for part in state.parts.values() if part.process]
    os.kill(state.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids), within=STOPS_WITHIN_S)
    assert line.run("status").returncode == 1
    done = line.run("up", "--detach", "--only", "servers", "--no-migrate")
    assert done.returncode == 0, done.stderr
    assert clickhouse(line, "SELECT a FROM atlantic.survivor") == "42"


def test_another_instance_runs_beside_it_and_down_stops_only_its_own(line: Line, tmp_path: Path) -> None:
    second = Line(tmp_path / "second", ports.free())
    done = second.run("up", "--detach", "--only", "valkey,meilisearch", "--no-migrate")
    assert done.returncode == 0, done.stderr
    assert second.ask("status")["healthy"]
    assert second.run("down").returncode == 0
    assert line.ask("status")["healthy"]


def test_a_taken_port_is_named_with_its_holder(tmp_path: Path) -> None:
    third = Line(tmp_path / "third", ports.free())
    port = Home(third.home, third.port_base).port("valkey")
    with socket.create_server(("127.0.0.1", port)):
        done = third.run("up", "--detach", "--only", "valkey", "--no-migrate")
    message = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert f"port {port} (valkey) is taken by PID {os.getpid()}" in message
    assert "set ATLANTIC_PORT_BASE" in message


def test_a_part_that_cannot_start_is_named_with_its_reason(tmp_path: Path) -> None:
    fourth = Line(tmp_path / "fourth", ports.free())
    data = Home(fourth.home, fourth.port_base).data("valkey")
    (data / "appendonlydir").write_text("not a folder")
    began = time.monotonic()
    done = fourth.run("up", "--detach", "--only", "valkey", "--no-migrate")
    assert done.returncode == 1
    assert "valkey did not start" in done.stderr
    assert time.monotonic() - began < 30
    assert fourth.run("status").returncode == 1
