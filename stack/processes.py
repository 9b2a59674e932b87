"""Our own processes: which module each name runs, where it listens, and how it says that it is ready."""

import sys
from dataclasses import dataclass

from stack.environment import for_process
from stack.home import Home
from stack.part import Part
from stack.servers.meilisearch import http_ready


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


class Process(Part):
    """One of ALL."""

    stop_seconds = 30.0

    def __init__(self, home: Home, name: str) -> None:
        super().__init__(home)
        self.spec = ALL[name]
        self.name = name
        self.ports = (name,)
        self.ready_seconds = self.spec.ready_seconds

    def command(self) -> list[str]:
        return [sys.executable, "-m", "stack.run", self.name]

    def environment(self) -> dict[str, str]:
        return for_process(self.home)

    async def ready(self) -> None:
        await http_ready(f"http://{self.home.address(self.name)}{self.spec.health}")

    async def alive(self) -> None:
        await http_ready(f"http://{self.home.address(self.name)}{self.spec.life or self.spec.health}")
