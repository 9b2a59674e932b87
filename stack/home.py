"""ATLANTIC_HOME: where one instance keeps data, logs and secrets, and which ports it uses."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from stack.settings import DEFAULT_PORT_BASE, HOST, PORTS, PORTS_PER_INSTANCE

CHECKOUT = Path(__file__).resolve().parent.parent
STATE_FILE = "state.json"


class HomeError(ValueError):
    """The folder of an instance cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Home:
    """One instance. Everything it writes is under `root`; it listens on `port_base` and the 19 ports above."""

    root: Path
    port_base: int = DEFAULT_PORT_BASE
    fast: bool = False
    """For tests only: servers skip fsync. Never set for data that matters or for crash tests."""

    @classmethod
    def from_environment(cls) -> "Home":
        """The instance that ATLANTIC_HOME and ATLANTIC_PORT_BASE name; unnamed ports are those it last ran on."""
        root = Path(os.environ.get("ATLANTIC_HOME") or CHECKOUT / ".atlantic")
        base = os.environ.get("ATLANTIC_PORT_BASE") or str(_last_base(root.expanduser()))
        if not base.isdigit() or not 1024 <= int(base) <= 65535 - PORTS_PER_INSTANCE:
            raise ValueError(f"ATLANTIC_PORT_BASE must be a number from 1024 to 65515, not {base!r}")
        return cls(root.expanduser().absolute(), int(base), os.environ.get("ATLANTIC_TEST_FAST") == "1")

    def port(self, name: str) -> int:
        """Port of a part, by the names in `stack.settings.PORTS`."""
        return self.port_base + PORTS[name]

    def address(self, name: str) -> str:
        """`host:port` of a part."""
        return f"{HOST}:{self.port(name)}"

    def data(self, name: str) -> Path:
        """A server's data folder."""
        return private_folder(private_folder(self.root / "data") / name)

    def config(self, name: str) -> Path:
        """A server's generated configuration folder."""
        return private_folder(private_folder(self.root / "config") / name)

    def log(self, name: str) -> Path:
        """A part's log file."""
        return private_folder(self.root / "logs") / f"{name}.log"

    @property
    def secrets(self) -> Path:
        """Folder of generated passwords and keys."""
        return private_folder(self.root / "secrets")

    @property
    def state(self) -> Path:
        """What the supervisor says about itself."""
        return private_folder(self.root) / STATE_FILE


def _last_base(root: Path) -> int:
    """The ports that the instance of a folder runs or last ran on; the default for a new one."""
    try:
        return int(json.loads((root / STATE_FILE).read_text(encoding="utf-8"))["port_base"])
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_PORT_BASE


def private_folder(path: Path) -> Path:
    """The folder, made if needed, open to its owner only."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise HomeError(
            f"{path} cannot be made ({reason}): set ATLANTIC_HOME to a folder that you may write to"
        ) from error
    return path


def private_file(path: Path, text: str) -> Path:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
    return path
