"""`atlantic run`."""

from typing import Annotated

import typer

from stack import run
from stack.cli.output import fail
from stack.environment import complete
from stack.processes import PROCESSES

NAMES = ", ".join(PROCESSES)


def command(name: Annotated[str, typer.Argument(help=f"One of {NAMES}.")]) -> None:
    """Run one process in the foreground, as compose and Kubernetes do. Variables that are set already win.

    Example: atlantic run api
    """
    if name not in PROCESSES:
        fail(f"there is no process named {name}; there are {NAMES}", 2)
    complete()
    run.run(name)
