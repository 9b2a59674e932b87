"""`atlantic client`."""

from pathlib import Path
from typing import Annotated

import typer

from stack import client
from stack.home import CHECKOUT

FOLDER = CHECKOUT / "build/client"


def command(
    output: Annotated[Path, typer.Option(help="The folder, which is written anew.")] = FOLDER,
) -> None:
    """Write a typed Python package of the API for integrators, as a folder and a wheel. Needs `make tools`.

    Example: atlantic client --output /tmp/atlantic-client
    """
    client.write(output)
    typer.echo(f"{output}\n{client.pack(output)}")
