"""The constants of one machine: ports, names and limits that stack, compose and tests share."""

DEFAULT_PORT_BASE = 7400
PORTS_PER_INSTANCE = 20
HOST = "127.0.0.1"

# Offsets from ATLANTIC_PORT_BASE (ARCHITECTURE.md).
PORTS = {
    "api": 0,
    "dashboards": 1,
    "postgres": 2,
    "valkey": 3,
    "kafka": 4,
    "kafka_controller": 5,
    "clickhouse_http": 6,
    "clickhouse_native": 7,
    "meilisearch": 8,
    "worker": 9,
    "relay": 10,
    "reactor": 11,
    "sink": 12,
    "audit": 13,
    "simulator": 14,
}

DATABASE = "atlantic"
PLATFORM_CURRENCY = "IDR"

POSTGRES_USER = "atlantic"
# Sorts by code points, the fastest order; knows the small letter of every capital one, which C alone does not.
POSTGRES_LOCALE = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
POSTGRES_SETTINGS = {
    "max_connections": "150",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "96MB",
    "wal_level": "replica",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "idle_in_transaction_session_timeout": "5min",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "top",
    "track_io_timing": "on",
    "log_min_duration_statement": "500ms",
    "log_lock_waits": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

VALKEY_SETTINGS = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory": "512mb",
    "maxmemory-policy": "noeviction",  # sessions and rate limits may not vanish in silence
    "databases": "16",
}

KAFKA_SETTINGS = {
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "broker.session.timeout.ms": "4000",  # after a kill the broker is let in again only when this has passed
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "2000",
    "offsets.retention.minutes": "525600",
    "message.max.bytes": str(8 * 1024 * 1024),
    "replica.fetch.max.bytes": str(8 * 1024 * 1024),
    "log.retention.ms": str(7 * 24 * 3600 * 1000),
    "log.segment.bytes": str(128 * 1024 * 1024),
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "log.cleaner.threads": "1",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "num.recovery.threads.per.data.dir": "2",
}
KAFKA_HEAP_MB = 400

# Test homes know these databases too, so that row filters hold in tests as they do in production.
TEST_DATABASES = tuple(f"{DATABASE}_test_{number:02}" for number in range(40))
READER_MEMORY_BYTES = 1_000_000_000
READER_SECONDS = 30
READER_SECONDS_MAX = 60
