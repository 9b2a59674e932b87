"""`atlantic run`."""

from enum import StrEnum
from typing import Annotated

import typer

from stack import run
from stack.environment import complete
from stack.processes import PROCESSES

Name = StrEnum("Name", list(PROCESSES))


def command(name: Annotated[Name, typer.Argument(help="Which process.")]) -> None:
    """Run one process in the foreground, as compose and Kubernetes do. Variables that are set already win.

    Example: atlantic run api
    """
    complete()
    run.run(name.value)
