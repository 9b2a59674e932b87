"""Fixtures for everybody: real servers, and a piece of each that belongs to one test module alone."""

import gc
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import clickhouse_connect
import pytest
from argon2 import PasswordHasher
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, settings
from kafka.admin import KafkaAdminClient
from pytest_socket import socket_allow_hosts
from redis import Redis

from api.users import passwords
from clickhouse.migrate import migrate
from clickhouse.settings import ClickHouseSettings
from stack.settings import TEST_DATABASES
from streams.topics import ensure
from tests import ports
from tests.kafka_sockets import dropped_in_silence
from tests.rules.recording import Recording
from tests.sharing import Sharing
from tests.stack_fixture import TestStack, database_variables, slot, test_stack

# How long an example takes depends on what else the machine does at that moment; `bench/` measures.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_configure(config: pytest.Config) -> None:
    """Remember how tests that name rules end, for `make rules`, and let two processes share a run."""
    config.pluginmanager.register(Recording(config), "rules")
    config.pluginmanager.register(Sharing(), "sharing")
    gc.disable()  # nothing that is imported is garbage, and looking for it takes a third of the collection's time


def pytest_collection_finish() -> None:
    """From here on there is some."""
    gc.freeze()
    gc.enable()


def pytest_runtest_setup() -> None:
    """No test reaches further than this machine."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def password_hasher() -> Iterator[PasswordHasher]:
    """The product's own; the apis of this process hash by a quick one, for every test signs people up."""
    own = passwords.hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield own


@pytest.fixture(scope="session", autouse=True)
def kafka_sockets() -> Iterator[None]:
    """What kafka-python drops is no test's fault."""
    with dropped_in_silence():
        yield


@pytest.fixture(scope="session")
def stack() -> Iterator[TestStack]:
    """The five servers, for the whole session (or those of ATLANTIC_TEST_HOME)."""
    with test_stack() as running:
        yield running


@pytest.fixture(scope="module")
def env(stack: TestStack) -> Iterator[dict[str, str]]:
    """Every ATLANTIC_ variable for this module, also set in os.environ while it runs.

    PostgreSQL: a fresh copy of the migrated template. Redis: an empty database. Kafka: a topic prefix; the topics are
    made by `kafka_bootstrap`. ClickHouse: the name of a database; it is made and migrated by `clickhouse`.
    """
    with slot(stack) as number, pytest.MonkeyPatch.context() as patch:
        name = TEST_DATABASES[number]
        variables = {
            **stack.environment,
            **database_variables(stack, name),
            "ATLANTIC_PORT_BASE": str(ports.free()),  # of this module's own processes; the servers have addresses
            "ATLANTIC_REDIS_URL": stack.environment["ATLANTIC_REDIS_URL"].rpartition("/")[0] + f"/{number + 1}",
            "ATLANTIC_CLICKHOUSE_DATABASE": name,
            "ATLANTIC_TOPIC_PREFIX": f"t{number:02}{secrets.token_hex(3)}.",
        }
        with Redis.from_url(variables["ATLANTIC_REDIS_URL"]) as redis:
            redis.flushdb()
        for variable, value in variables.items():
            patch.setenv(variable, value)
        yield variables


@pytest.fixture(scope="module")
def pg(env: dict[str, str]) -> str:
    """Connection string of this module's PostgreSQL database, migrated and empty."""
    return env["ATLANTIC_POSTGRES_DSN"]


@pytest.fixture(scope="module")
def redis_url(env: dict[str, str]) -> str:
    """This module's Redis database, empty at the start."""
    return env["ATLANTIC_REDIS_URL"]


@pytest.fixture(scope="module")
def meili(env: dict[str, str]) -> tuple[str, str]:
    """Address and key of Meilisearch; shared, so name indexes with env["ATLANTIC_TOPIC_PREFIX"]."""
    return env["ATLANTIC_MEILISEARCH_URL"], env["ATLANTIC_MEILISEARCH_KEY"]


@pytest.fixture(scope="module")
def kafka_bootstrap(env: dict[str, str]) -> Iterator[str]:
    """`host:port` of the broker, with all topics made under this module's prefix; they are deleted afterwards."""
    bootstrap, prefix = env["ATLANTIC_KAFKA_BOOTSTRAP"], env["ATLANTIC_TOPIC_PREFIX"]
    ensure(bootstrap, prefix=prefix)
    yield bootstrap
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.delete_topics([topic for topic in admin.list_topics() if topic.startswith(prefix)])
    finally:
        admin.close()


@pytest.fixture(scope="module")
def clickhouse(env: dict[str, str]) -> Iterator[Client]:
    """A client as the user `sink` on this module's own database, freshly migrated."""
    database = env["ATLANTIC_CLICKHOUSE_DATABASE"]
    with clickhouse_client(env, "sink", "SINK", database="") as client:
        client.command(f"DROP DATABASE IF EXISTS {database} SYNC")
        migrate(ClickHouseSettings())
        client.database = database
        yield client
        client.command(f"DROP DATABASE IF EXISTS {database} SYNC")


def clickhouse_client(env: dict[str, str], user: str, role: str, database: str | None = None) -> Client:
    """A client as another user; `role` is the word in ATLANTIC_CLICKHOUSE_<role>_PASSWORD."""
    address = urlsplit(env["ATLANTIC_CLICKHOUSE_URL"])
    return clickhouse_connect.get_client(
        host=address.hostname, port=address.port, username=user,
        password=env[f"ATLANTIC_CLICKHOUSE_{role}_PASSWORD"],
        database=env["ATLANTIC_CLICKHOUSE_DATABASE"] if database is None else database, autogenerate_session_id=False,
    )  # fmt: skip
