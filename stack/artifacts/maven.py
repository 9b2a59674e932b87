"""Java archives from Maven Central by jgo, each checked against the sha256 in `jars.json` (`make lock` writes it)."""

import json
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import requests
import stamina
from jgo.maven import MavenContext

from stack.artifacts.cache import Advance, ArtifactError, digest

ROOTS = ("org.apache.kafka:kafka_2.13:4.3.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.2")
LOCK = Path(__file__).with_name("jars.json")
DOWNLOADS_AT_ONCE = 6
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Jar:
    """A Maven coordinate with the hash and size of its file."""

    coordinate: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Jars:
    """All archives that one Java program needs, in one folder."""

    key: str
    title: str
    jars: tuple[Jar, ...]

    @property
    def bytes(self) -> int:
        return sum(jar.bytes for jar in self.jars)

    def fetch(self, folder: Path, advance: Advance) -> None:
        lock = threading.Lock()

        def one(jar: Jar) -> None:
            _fetch_jar(jar, folder, Path(work))
            with lock:
                advance(jar.bytes)

        with tempfile.TemporaryDirectory(dir=folder.parent) as work, ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            list(pool.map(one, self.jars))


def read_lock() -> tuple[Jar, ...]:
    """The locked archives."""
    return tuple(Jar(**entry) for entry in json.loads(LOCK.read_text()))


def write_lock() -> int:
    """Resolve the roots again and write their closure with hashes; returns the number of archives."""
    with tempfile.TemporaryDirectory() as work:
        context = MavenContext(repo_cache=Path(work), timeout=TIMEOUT_SECONDS)
        jars = sorted(_closure(context), key=lambda jar: jar.coordinate)
    LOCK.write_text(json.dumps([vars(jar) for jar in jars], indent=1) + "\n")
    return len(jars)


def _closure(context: MavenContext) -> list[Jar]:
    """Each root on its own: together, jgo lets log4j's managed versions downgrade kafka-clients."""
    found: dict[str, Jar] = {}
    for root in ROOTS:
        roots, transitive = context.resolver.resolve([context.create_dependency(root)])
        for dependency in [*roots, *transitive]:
            artifact = dependency.artifact
            path = artifact.resolve()
            name = f"{artifact.groupId}:{artifact.artifactId}"
            jar = Jar(f"{name}:{artifact.version}", digest(path, "sha256").hex(), path.stat().st_size)
            found.setdefault(name, jar)
    return list(found.values())


def _fetch_jar(jar: Jar, folder: Path, work: Path) -> None:
    try:
        path = _download(jar, work)
    except Exception as error:  # jgo names none of its own
        raise ArtifactError(
            f"{jar.coordinate} could not be fetched from Maven Central: {error}\n"
            "Check the network (REQUESTS_CA_BUNDLE and the proxy variables apply), then run `make install` again."
        ) from error
    if (found := digest(path, "sha256").hex()) != jar.sha256:
        raise ArtifactError(f"{jar.coordinate} has sha256 {found}, the lock says {jar.sha256}. Nothing was installed.")
    path.rename(folder / path.name)


@stamina.retry(on=requests.RequestException, attempts=4)
def _download(jar: Jar, work: Path) -> Path:
    group, artifact, version = jar.coordinate.split(":")
    repository = work / artifact
    shutil.rmtree(repository, ignore_errors=True)  # jgo refuses to write over half a file of a broken try
    context = MavenContext(repo_cache=repository, timeout=TIMEOUT_SECONDS)
    path: Path = context.project(group, artifact).at_version(version).artifact().resolve()
    return path
