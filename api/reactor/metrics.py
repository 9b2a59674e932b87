"""What the reactor counts for Prometheus."""

from prometheus_client import Counter, Gauge

HANDLED = Counter("reactor_handled_events", "facts whose reactions are done", ["event"])
RETRIED = Counter("reactor_retries", "attempts at a fact that failed", ["event"])
SET_ASIDE = Counter("reactor_dead_letters", "lines given to the dead letters")
LAG = Gauge("reactor_lag_messages", "messages behind the end of the log", ["topic", "partition"])
