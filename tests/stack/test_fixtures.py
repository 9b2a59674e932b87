"""The fixtures that all other tests stand on."""

import psycopg
from clickhouse_connect.driver.client import Client
from kafka.admin import KafkaAdminClient
from redis import Redis


def test_each_module_gets_its_own_piece_of_every_server(
    env: dict[str, str], pg: str, redis_url: str, kafka_bootstrap: str, clickhouse: Client
) -> None:
    with psycopg.connect(pg) as connection:
        tables = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert tables.fetchone() != (0,)
    with Redis.from_url(redis_url) as redis:
        assert redis.dbsize() == 0
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    assert any(topic.startswith(env["ATLANTIC_TOPIC_PREFIX"]) for topic in admin.list_topics())
    admin.close()
    assert clickhouse.query("SHOW TABLES").row_count > 0
