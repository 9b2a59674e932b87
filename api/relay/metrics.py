"""What the relay counts for Prometheus."""

from prometheus_client import Counter, Gauge

ACTIVE = Gauge("relay_active", "1 while this relay leads, 0 while it stands by")
PUBLISHED = Counter("relay_published_events", "facts published and settled")
WAITING = Gauge("outbox_rows_waiting", "rows in the outbox, counted up to one million")
OLDEST = Gauge("outbox_oldest_seconds", "age of the oldest row in the outbox")
COMPLETE_TO = Gauge("relay_complete_to", "X of the last progress mark")
