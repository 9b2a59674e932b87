"""`atlantic reset`."""

import shutil
from typing import Annotated

import typer

from stack.cli.down import stop
from stack.cli.output import fail, out
from stack.home import Home

OURS = ("data", "config", "logs", "secrets", "state.json", "settings.json", "supervisor.lock")


def command(
    yes: Annotated[bool, typer.Option("--yes", help="Really delete all data.")] = False,
) -> None:
    """Stop everything and delete the instance's data, logs and secrets.

    Example: atlantic reset --yes
    """
    home = Home.from_environment()
    if not yes:
        fail(f"this deletes everything in {home.root}; say --yes if you mean it", 2)
    stop(home)
    for name in OURS:  # what we did not make stays
        path = home.root / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    out.print(f"{home.root} is empty")
