"""`python -m stack.artifacts`: fetch everything with a progress bar; `lock` resolves the Java archives again."""

import sys

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from stack.artifacts.cache import Advance, ArtifactError, cache_folder, install
from stack.artifacts.catalogue import everything
from stack.artifacts.maven import LOCK, write_lock


class Bars:
    """One bar an artifact."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def start(self, title: str, total: int) -> Advance:
        task = self._progress.add_task(title, total=total)
        return lambda count: self._progress.advance(task, count)


def main() -> int:
    """Exit code 0 when everything is there and verified."""
    console = Console(stderr=True)
    try:
        if sys.argv[1:] == ["lock"]:
            console.print(f"{write_lock()} archives in {LOCK.name}")
            return 0
        columns = (TextColumn("{task.description:<46}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console) as progress:
            install(everything(), Bars(progress))
    except ArtifactError as error:
        console.print(f"[red]error:[/] {error}")
        return 1
    console.print(f"servers are installed in {cache_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
