"""What the reactor was not told of when it began to read is read all the same."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from api.reactor.consumer import Facts
from streams import topics
from streams.events.partitions import PARTITIONS
from tests.line import eventually


@pytest.fixture
def prefix(kafka_bootstrap: str) -> Iterator[str]:
    """One that has no topics yet."""
    name = f"late{uuid4().hex[:8]}."
    yield name
    with closing(KafkaAdminClient(bootstrap_servers=kafka_bootstrap)) as admin:
        admin.delete_topics([topic for topic in admin.list_topics() if topic.startswith(name)])


def told(kafka_bootstrap: str, source: Facts, topic: str, partition: int) -> list[bytes]:
    """What is read once something is written there."""
    with closing(KafkaProducer(bootstrap_servers=kafka_bootstrap)) as producer:
        producer.send(topic, b"a fact", partition=partition).get(10)
    found = eventually(source.next, within=60)
    return [record.value for records in found.values() for record in records]


def test_topics_that_come_later_are_read(kafka_bootstrap: str, prefix: str) -> None:
    """The reactor may be up before them."""
    with closing(Facts(kafka_bootstrap, prefix)) as source:
        assert source.next() == {}
        topics.ensure(kafka_bootstrap, prefix=prefix)
        assert told(kafka_bootstrap, source, f"{prefix}orders", 1) == [b"a fact"]


def test_what_kafka_tells_later_is_asked_for_again(kafka_bootstrap: str, prefix: str) -> None:
    """Orders stood still for five minutes when the first answer came before the topics were asked for."""
    topics.ensure(kafka_bootstrap, prefix=prefix)
    with closing(Facts(kafka_bootstrap, prefix)) as source:
        assert told(kafka_bootstrap, source, f"{prefix}orders", 0) == [b"a fact"]
        with closing(KafkaAdminClient(bootstrap_servers=kafka_bootstrap)) as admin:
            admin.create_partitions({f"{prefix}orders": PARTITIONS + 1})
            eventually(lambda: len(admin.describe_topics([f"{prefix}orders"])[0]["partitions"]) > PARTITIONS)
        assert told(kafka_bootstrap, source, f"{prefix}orders", PARTITIONS) == [b"a fact"]
