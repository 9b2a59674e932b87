"""One of our own processes as a part that the supervisor keeps."""

import sys

from stack.environment import for_process
from stack.home import Home
from stack.part import Part
from stack.processes import ALL
from stack.servers.meilisearch import http_ready


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
