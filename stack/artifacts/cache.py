"""The cache of artifacts: one folder per content hash, filled under a lock and renamed into place whole."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock
from platformdirs import user_cache_path

Advance = Callable[[int], None]


class ArtifactError(RuntimeError):
    """An artifact could not be had; the message says what to do."""


class Artifact(Protocol):
    """Something to fetch: `key` names its content, so a new version or hash is a new folder."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def bytes(self) -> int: ...

    def fetch(self, folder: Path, advance: Advance) -> None:
        """Put verified files into `folder`, telling `advance` about downloaded bytes; raise ArtifactError."""


class Progress(Protocol):
    """How the installer reports (rich on a terminal, silence in tests)."""

    def start(self, title: str, total: int) -> Advance: ...


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/atlantic`: shared by all checkouts of this user."""
    return user_cache_path("atlantic")


def digest(path: Path, algorithm: str) -> bytes:
    """Hash of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).digest()


def folder_of(artifact: Artifact) -> Path:
    """Where the artifact's files are; fetches them first when they are missing."""
    folder = cache_folder() / artifact.key
    if not folder.is_dir():
        install([artifact], None)
    return folder


def install(artifacts: Sequence[Artifact], progress: Progress | None) -> None:
    """Fetch what is missing. Two installs at once wait for each other instead of fetching twice."""
    root = cache_folder()
    root.mkdir(parents=True, exist_ok=True)
    for artifact in artifacts:
        if (root / artifact.key).is_dir():
            continue
        with FileLock(root / f"{artifact.key}.lock"):
            if not (root / artifact.key).is_dir():
                _fetch(artifact, root, progress)


def _fetch(artifact: Artifact, root: Path, progress: Progress | None) -> None:
    advance: Advance = progress.start(artifact.title, artifact.bytes) if progress else lambda _count: None
    with _staging(root) as staging:
        folder = staging / "content"
        folder.mkdir()
        artifact.fetch(folder, advance)
        folder.rename(root / artifact.key)


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=root))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
