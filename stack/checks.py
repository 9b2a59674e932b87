"""What `atlantic doctor` looks at: the machine, the installation, the home, and the running parts."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.artifacts import ArtifactError
from stack.artifacts.cache import cache_folder
from stack.artifacts.catalogue import everything, require_platform
from stack.home import Home
from stack.ports import PortTakenError, require_free
from stack.settings import PORTS
from stack.state import load

DISK_BYTES = 5_000_000_000
MEMORY_BYTES = 3_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `advice` says what to do when it is not right."""

    name: str
    good: bool
    seen: str
    advice: str = ""


def examine(home: Home) -> list[Finding]:
    """Look at everything; never starts or changes anything."""
    looks: tuple[Callable[[Home], Finding], ...] = (
        _python, _platform, _installation, _memory, _disk, _privacy, _ports, _parts,
    )  # fmt: skip
    return [look(home) for look in looks]


def _python(_home: Home) -> Finding:
    return Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0], "install Python 3.11 or newer")


def _platform(_home: Home) -> Finding:
    try:
        require_platform()
    except ArtifactError as error:
        return Finding("platform", False, "not supported by the bundled servers", str(error))
    return Finding("platform", True, "Linux x86_64")


def _installation(_home: Home) -> Finding:
    try:
        missing = [artifact.title for artifact in everything() if not (cache_folder() / artifact.key).is_dir()]
    except ArtifactError as error:
        return Finding("servers", False, "unknown", str(error))
    seen = f"missing: {', '.join(missing)}" if missing else f"installed in {cache_folder()}"
    return Finding("servers", not missing, seen, "run `make install`")


def _memory(home: Home) -> Finding:
    free = psutil.virtual_memory().available
    enough = free > MEMORY_BYTES or _is_running(home)
    return Finding("memory", enough, f"{free / 1e9:.1f} GB free", "the whole system wants about 3 GB")


def _disk(home: Home) -> Finding:
    place = next(path for path in (home.root, *home.root.parents) if path.exists())
    free = shutil.disk_usage(place).free
    return Finding(
        "disk", free > DISK_BYTES, f"{free / 1e9:.1f} GB free at {place}", "free some, or move ATLANTIC_HOME"
    )


def _privacy(home: Home) -> Finding:
    """Secrets are for their owner only, and the folder is ours."""
    if not home.root.exists():
        return Finding("home", True, f"{home.root} will be made")
    open_ones = [path for path in (home.root, *_secrets(home)) if _others_may_read(path)]
    if not os.access(home.root, os.W_OK):
        return Finding("home", False, f"{home.root} is not writable", "choose another ATLANTIC_HOME")
    seen = f"open to others: {', '.join(map(str, open_ones))}" if open_ones else f"{home.root} is private"
    return Finding("home", not open_ones, seen, "chmod 700 folders and 600 files")


def _secrets(home: Home) -> list[Path]:
    folder = home.root / "secrets"
    return [folder, *folder.iterdir()] if folder.is_dir() else []


def _others_may_read(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _ports(home: Home) -> Finding:
    if _is_running(home):
        return Finding("ports", True, f"{home.port_base} and above are in use by this instance")
    try:
        require_free(home, PORTS)
    except PortTakenError as error:
        return Finding("ports", False, str(error), "set ATLANTIC_PORT_BASE to the first of 20 free ports")
    return Finding("ports", True, f"{home.port_base} to {home.port_base + max(PORTS.values())} are free")


def _parts(home: Home) -> Finding:
    state = load(home) if home.root.exists() else None
    if state is None or not state.alive:
        left = [name for name, part in state.parts.items() if part.process and part.process.find()] if state else []
        return Finding("parts", not left, f"left behind: {', '.join(left)}" if left else "not running", "atlantic down")
    ill = [f"{name}: {part.state} {part.reason}" for name, part in state.parts.items() if part.state != "healthy"]
    return Finding("parts", not ill, "; ".join(ill) or "all healthy", "atlantic logs NAME")


def _is_running(home: Home) -> bool:
    state = load(home) if home.root.exists() else None
    return state is not None and state.alive
