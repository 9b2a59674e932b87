"""How commands speak: tables for people, JSON for programs, errors on stderr."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document on stdout.")]

out = Console()
# A message is one line, whatever its length: people search for its words.
err = Console(stderr=True, soft_wrap=True)


def show_json(answer: Any) -> None:
    """One document, for programs."""
    typer.echo(json.dumps(answer, indent=2, default=str))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
    """A table, for people."""
    whole = [Column(name, overflow="fold") for name in columns]  # a name that is cut off names nothing
    table = Table(*whole, title=title, box=None, pad_edge=False, header_style="bold", title_justify="left")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong and end."""
    err.print(f"[red]error:[/] {escape(message)}", highlight=False)
    raise typer.Exit(code)
