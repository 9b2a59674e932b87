"""`atlantic logs`."""

import json
import time
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from stack.cli.output import fail
from stack.home import Home

POLL_SECONDS = 0.2


def command(
    name: Annotated[str, typer.Argument(help="A part (see `atlantic status`), or migrate, supervisor.")],
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    raw: Annotated[bool, typer.Option("--json", help="The lines as they are: one JSON object each.")] = False,
) -> None:
    """Show a part's log.

    Example: atlantic logs api -f
    """
    path = Home.from_environment().log(name)
    if not path.is_file():
        known = ", ".join(sorted(entry.stem for entry in path.parent.glob("*.log")))
        fail(f"no log named {name}; there are: {known or 'none yet'}")
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in deque(file, lines):
            typer.echo(line.rstrip() if raw else readable(line))
        if follow:
            _follow(path, file.tell(), raw)


def _follow(path: Path, position: int, raw: bool) -> None:
    while True:
        if path.stat().st_size < position:  # rotated
            position = 0
        with path.open(encoding="utf-8", errors="replace") as file:
            file.seek(position)
            for line in file:
                typer.echo(line.rstrip() if raw else readable(line))
            position = file.tell()
        time.sleep(POLL_SECONDS)


def readable(line: str) -> str:
    """`time event key=value ...` of a structured line; other lines as they are."""
    try:
        fields = json.loads(line)
    except json.JSONDecodeError:
        return line.rstrip()
    if not isinstance(fields, dict):
        return line.rstrip()
    moment, event = fields.pop("timestamp", ""), fields.pop("event", "")
    fields.pop("part", None)
    return " ".join([str(moment), str(event), *(f"{key}={value}" for key, value in fields.items())])
