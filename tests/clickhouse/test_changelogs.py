"""The stream tables' copy in ClickHouse goes on after whatever went wrong, and says so when it does not."""

from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from clickhouse import client as roles
from clickhouse.sink.changelogs import Follower
from clickhouse.sink.status import Status
from tests.clickhouse.sink_process import eventually


def test_it_goes_on_after_any_error_and_tells(clickhouse: Client, kafka_bootstrap: str, env: dict[str, str]) -> None:
    """Its thread died of an error that is no outage, and nobody noticed; now it is tried again and counted."""
    prefix, calls = env["ATLANTIC_TOPIC_PREFIX"], list[int]()

    def connect() -> Client:
        calls.append(1)
        if len(calls) < 3:
            raise TypeError("an error that nobody foresaw")
        return roles.sink()

    write(kafka_bootstrap, f"{prefix}worker-stock_levels-changelog")
    status = Status()
    follower = Follower(kafka_bootstrap, prefix, connect, status)
    follower.start()
    try:
        eventually(lambda: clickhouse.query("SELECT key, value FROM stream_tables").result_rows == [("pot", "{}")], 60)
        assert follower.is_alive()
        assert status.registry.get_sample_value("sink_changelog_failures_total") == 2
        assert (status.registry.get_sample_value("sink_changelogs_age_seconds") or 0) < 10
        assert "changelogs_age_seconds" in status.health()[1]
    finally:
        follower.stop()


def write(bootstrap: str, topic: str) -> None:
    """One changed key of a stream table."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    producer.send(topic, key=b"pot", value=b"{}").get(timeout=10)
    producer.close()
