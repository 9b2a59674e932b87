"""Stand-ins for outside parties, for tests alone: built or unpacked once, out of the registries of Go and PyPI."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.artifacts.cache import Advance, ArtifactError, digest

CHECKOUT = Path(__file__).resolve().parents[2]
UV = CHECKOUT / ".venv-boot" / "bin" / "uv"
GIVE_UP_S = 1800.0


@dataclass(frozen=True)
class Wheels:
    """Packages of a locked set in a folder of their own: no environment of ours ever imports them."""

    name: str
    version: str
    bytes: int

    @property
    def key(self) -> str:
        return f"{self.name}-{digest(_lock(self.name), 'sha256').hex()[:12]}"

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"

    def fetch(self, folder: Path, advance: Advance) -> None:
        """Leave the packages in the folder, as on a module path."""
        _unpack(self.name, folder)
        advance(self.bytes)


@dataclass(frozen=True)
class GoProgram:
    """A server built from its Go module, whose sources and dependencies stand with hashes in `go/<name>/go.sum`.

    The compiler comes from PyPI (254 MB), and is gone when the program is built.
    """

    name: str
    package: str
    version: str
    bytes: int

    @property
    def key(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}, built here"

    def fetch(self, folder: Path, advance: Advance) -> None:
        """Leave the program in the folder."""
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            room = Path(work)
            shutil.copytree(Path(__file__).parent / "go" / self.name, room / "module")
            _unpack("go", room / "compiler")
            go = room / "compiler" / "go"
            environment = {
                **os.environ, "GOROOT": str(go), "GOPATH": str(room / "path"), "GOCACHE": str(room / "cache"),
                "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -modcacherw", "CGO_ENABLED": "0",
            }  # fmt: skip
            command = [str(go / "bin" / "go"), "build", "-trimpath", "-o", str(folder / self.name), self.package]
            _run(command, self.title, cwd=room / "module", env=environment)
        advance(self.bytes)


STRIPE_MOCK = GoProgram("stripe_mock", "github.com/stripe/stripe-mock", "0.203.0", 254_000_000)
"""Stripe's own check of requests against its OpenAPI document: it remembers nothing."""
LOCALSTRIPE = Wheels("localstripe", "1.15.10", 5_000_000)
"""A Stripe that remembers, and sends webhooks. GPL: a process of its own, in an environment of its own."""


def _lock(name: str) -> Path:
    return CHECKOUT / "requirements" / f"{name}.txt"


def _unpack(name: str, folder: Path) -> None:
    command = [str(UV), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--link-mode", "copy"]
    _run([*command, "--target", str(folder), "-r", str(_lock(name))], name)


def _run(command: list[str], what: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    try:
        subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True, text=True, timeout=GIVE_UP_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ArtifactError(f"{what} could not be made: {error}. `make install` prepares what it needs.") from error
    except subprocess.CalledProcessError as error:
        raise ArtifactError(
            f"{what} could not be made: {error.stderr.strip()[-500:]}\nCheck that the registries of PyPI and Go "
            "modules are reachable (their own settings apply), then run `make test` again."
        ) from error
