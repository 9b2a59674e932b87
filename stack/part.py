"""A part of the system: something the supervisor starts, asks whether it is ready, and stops."""

import signal
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from stack.home import Home


class NotReadyError(RuntimeError):
    """The part does not answer yet; the message says how it failed to."""


class Part(ABC):
    """One operating system process and how to talk to it."""

    name: str = ""
    ports: tuple[str, ...] = ()
    """Names in `stack.settings.PORTS` that it listens on; all must be free before it starts."""
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    stop_seconds: ClassVar[float] = 20.0
    ready_seconds: float = 120.0
    refuses_root: ClassVar[bool] = False

    def __init__(self, home: Home) -> None:
        self.home = home

    @abstractmethod
    def command(self) -> list[str]:
        """The command line; holds no secrets, since every user of the machine can read it."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """All environment variables of the process."""

    def folder(self) -> Path:
        """Working directory."""
        return self.home.root

    def prepare(self) -> None:  # noqa: B027 - most processes need no preparation
        """Write configuration and make data folders; may block and runs before every start."""

    @abstractmethod
    async def ready(self) -> None:
        """Ask by the part's own protocol; raise NotReadyError while it does not answer."""

    async def alive(self) -> None:
        """Raise NotReadyError when the process itself does not answer, whatever it may be waiting for."""
        await self.ready()

    async def settle(self) -> None:  # noqa: B027 - most processes have nothing to settle
        """Make roles and databases, once it answers; idempotent."""
