"""Our own processes: which module each name runs, and where it says that it is ready. Every process imports this."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Spec:
    """A process as `atlantic run NAME`, compose and Kubernetes start it."""

    module: str
    """Its `main()` takes no arguments, reads the environment and runs until SIGTERM."""
    health: str
    summary: str
    ready_seconds: float = 120.0
    life: str = ""
    """Where it answers also while what it needs is away, if that is elsewhere than `health`."""


PROCESSES = {
    "api": Spec("api.main", "/health/ready", "the transactional core over HTTP", life="/health/live"),
    "relay": Spec("api.relay", "/health", "publishes the outbox to Kafka"),
    "reactor": Spec("api.reactor", "/health", "reacts to facts: sagas, timers, notifications"),
    "worker": Spec("streams.app", "/health", "stream tables, signals and read models"),
    "sink": Spec("clickhouse.sink.app", "/health", "lands events in ClickHouse, exactly once"),
    "dashboards": Spec("dashboards.app", "/_stcore/health", "pages for sellers and operations"),
    "audit": Spec("audit.watch", "/health", "compares the core with ClickHouse, all the time"),
}

# Started only when named: what a demo has and a platform has not.
EXTRAS = {"simulator": Spec("stack.simulator.process", "/health", "shoppers who make the demo's charts move")}
ALL = {**PROCESSES, **EXTRAS}
