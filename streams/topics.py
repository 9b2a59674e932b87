"""The topics of the log: facts are kept for ever, clicks and signals 13 months, dead letters 30 days."""

from kafka.admin import KafkaAdminClient, NewTopic

from streams.events import FACT_TOPICS
from streams.events.partitions import PARTITIONS
from streams.events.registry import CLICK_TOPIC, DEAD_LETTER_TOPIC, SIGNAL_TOPIC

DAY_MS = 86_400_000
RETENTION_MS = {
    **dict.fromkeys(FACT_TOPICS, -1),
    CLICK_TOPIC: 396 * DAY_MS,
    SIGNAL_TOPIC: 396 * DAY_MS,
    DEAD_LETTER_TOPIC: 30 * DAY_MS,
}
MAX_MESSAGE_BYTES = 8 * 1024 * 1024


def ensure(bootstrap: str, *, prefix: str = "", replication: int = 1) -> list[str]:
    """Create the topics that are missing; gives their names. Existing ones are left as they are."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        present = set(admin.list_topics())
        wanted = {prefix + name: keep for name, keep in RETENTION_MS.items() if prefix + name not in present}
        if wanted:
            admin.create_topics([_topic(name, keep, replication) for name, keep in wanted.items()])
        return sorted(wanted)
    finally:
        admin.close()


def _topic(name: str, retention_ms: int, replication: int) -> NewTopic:
    return NewTopic(
        name=name,
        num_partitions=PARTITIONS,
        replication_factor=replication,
        topic_configs={
            "retention.ms": str(retention_ms),
            "cleanup.policy": "delete",
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
        },
    )
