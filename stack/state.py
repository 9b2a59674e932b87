"""What the supervisor says about itself: `state.json`, read by `status`, `down` and the next `up`."""

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil

from stack.home import Home, private_file

CREATED_TOLERANCE_SECONDS = 1.0


@dataclass
class Process:
    """A process by number and moment of birth: numbers are used again, the pair is not."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "Process":
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The running process, or nothing when it ended, even if its number lives on."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.created) < CREATED_TOLERANCE_SECONDS
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


@dataclass
class PartState:
    """One part: `waiting`, `starting`, `healthy`, `unhealthy`, `restarting`, `stopped` or `failed`."""

    state: str = "waiting"
    process: Process | None = None
    ports: list[int] = field(default_factory=list)
    restarts: int = 0
    since: float = field(default_factory=time.time)
    reason: str = ""

    def change(self, state: str, reason: str = "") -> None:
        """Note a new state and why."""
        self.state, self.reason, self.since = state, reason, time.time()


@dataclass
class State:
    """The whole instance. Phase: `starting`, `running`, `stopping`, `stopped` or `failed`."""

    supervisor: Process
    port_base: int
    phase: str = "starting"
    reason: str = ""
    parts: dict[str, PartState] = field(default_factory=dict)

    def save(self, home: Home) -> None:
        """Write the file whole."""
        private_file(home.state, json.dumps(asdict(self), indent=1))

    @property
    def alive(self) -> bool:
        """Whether the supervisor that wrote this still runs."""
        return self.supervisor.find() is not None


def load(home: Home) -> State | None:
    """The last written state, or nothing when this home was never started."""
    try:
        raw = json.loads(home.state.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    parts = {name: _part(part) for name, part in raw["parts"].items()}
    return State(Process(**raw["supervisor"]), raw["port_base"], raw["phase"], raw["reason"], parts)


def _part(raw: dict[str, Any]) -> PartState:
    process = raw.pop("process")
    return PartState(process=Process(**process) if process else None, **raw)
