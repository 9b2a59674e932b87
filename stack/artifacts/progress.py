"""Installing with one progress bar an artifact."""

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from stack.artifacts.cache import Advance, cache_folder, install
from stack.artifacts.catalogue import everything


class Bars:
    """One bar an artifact."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def start(self, title: str, total: int) -> Advance:
        task = self._progress.add_task(title, total=total)
        return lambda count: self._progress.advance(task, count)


def install_everything(console: Console) -> None:
    """Fetch what is missing; says nothing when nothing is."""
    artifacts = everything()
    if all((cache_folder() / artifact.key).is_dir() for artifact in artifacts):
        return
    columns = (TextColumn("{task.description:<46}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        install(artifacts, Bars(progress))
