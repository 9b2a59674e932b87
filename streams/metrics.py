"""What the worker counts for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

LINES = Counter("worker_lines", "lines read, by topic", ["topic"])
LETTERS = Counter("worker_dead_letters", "lines set aside, by topic", ["topic"])
SIGNALS = Counter("worker_signals", "signals written, by name", ["name"])
CHANGES = Counter("worker_table_changes", "changed keys written, by table", ["table"])
KEYS = Gauge("worker_table_keys", "keys in a table", ["table"])
FLUSH = Histogram(
    "worker_flush_seconds", "time to write one flush", buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
)
BEHIND = Gauge("worker_seconds_behind", "age of the oldest progress mark that all partitions have passed")
COMPLETE_TO = Gauge("worker_complete_to", "X of that mark")
PUBLISHED = Counter("worker_published", "keys or documents published, by store", ["store"])
STORE_UP = Gauge("worker_store_up", "1 while a store of read models answers", ["store"])
WAITING = Gauge("worker_views_waiting", "products whose published view has fallen behind, by view", ["view"])
