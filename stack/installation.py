"""Installs what is not a Python package, with one progress bar an artifact."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from stack.artifacts.cache import Advance, Artifact, cache_folder, install
from stack.artifacts.catalogue import everything
from stack.servers.kafka_training import Training


class Bars:
    """One bar an artifact."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def start(self, title: str, total: int) -> Advance:
        task = self._progress.add_task(title, total=total)
        return lambda count: self._progress.advance(task, count)


def install_everything(console: Console | None) -> None:
    """Everything that Atlantic runs on. Raises ArtifactError with advice."""
    install_with_bars([*everything(), Training()], console)


def install_with_bars(artifacts: Sequence[Artifact], console: Console | None) -> None:
    """Fetch those that are missing; says nothing when nothing is. Raises ArtifactError with advice."""
    missing = [artifact for artifact in artifacts if not (cache_folder() / artifact.key).is_dir()]
    if not missing:
        return
    if console is None:
        install(missing, None)
        return
    columns = (TextColumn("{task.description:<46}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        install(missing, Bars(progress))
