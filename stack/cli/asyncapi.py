"""`atlantic asyncapi`."""

from typing import Annotated

import typer

from stack.cli.output import fail
from stack.home import CHECKOUT
from streams import asyncapi

FILE = "asyncapi.yaml"


def command(
    check: Annotated[bool, typer.Option("--check", help=f"Only compare with {FILE}.")] = False,
) -> None:
    """Print the contract of the log, made of the event classes.

    Exit code 1 with --check when the checked-in file says something else.

    Example: atlantic asyncapi > asyncapi.yaml
    """
    now = asyncapi.text()
    if not check:
        typer.echo(now, nl=False)
    elif (CHECKOUT / FILE).read_text(encoding="utf-8") != now:
        fail(f"{FILE} is out of date: atlantic asyncapi > {FILE}")
