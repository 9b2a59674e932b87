"""Shows how far long work is: a bar on a terminal, a line now and then elsewhere; always on stderr."""

import time
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from stack.cli.output import err

LINE_EVERY_SECONDS = 10.0


class Steps:
    """Steps of one piece of work, one after the other."""

    def __init__(self) -> None:
        self._bar = Progress(
            SpinnerColumn(finished_text="[green]+[/]"),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            disable=not err.is_terminal,
        )
        self._task: TaskID | None = None
        self._step, self._pieces, self._done = "", 0, 0
        self._said = time.monotonic()

    def __enter__(self) -> "Steps":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        self._bar.stop()

    def begin(self, step: str, pieces: int | None) -> None:
        """The next step begins; it has `pieces` pieces, or nobody knows how many."""
        self._finish()
        self._task = self._bar.add_task(step, total=pieces)
        self._step, self._pieces, self._done = step, pieces or 0, 0
        self._say(step)

    def advance(self, pieces: int) -> None:
        """That many more pieces are done."""
        self._done += pieces
        if self._task is not None:
            self._bar.advance(self._task, pieces)
        if time.monotonic() - self._said > LINE_EVERY_SECONDS:
            self._say(f"{self._step}: {self._done:,} of {self._pieces:,}")

    def _finish(self) -> None:
        if self._task is not None:
            total = self._pieces or 1
            self._bar.update(self._task, total=total, completed=total)

    def _say(self, line: str) -> None:
        self._said = time.monotonic()
        if not err.is_terminal:
            err.print(line, highlight=False)
