"""`atlantic table list|show`: the stream tables, asked of the worker on loopback."""

import os
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import typer

from stack.cli.output import Json, fail, show_json, show_table
from stack.environment import complete

app = typer.Typer(help="The live tables of the stream worker.", no_args_is_help=True, add_completion=False)

TIMEOUT_S = 10


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The tables, how many keys each has, and up to which transaction they are complete.

    Example: atlantic table list
    """
    answer = _ask("/tables")
    if as_json:
        show_json(answer)
        return
    rows = [[table["name"], str(table["keys"]), table["says"]] for table in answer["tables"]]
    show_table(["table", "keys", "key and content"], rows, title=_cut(answer["complete_up_to"]))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A table that `atlantic table list` names.")],
    key: Annotated[str | None, typer.Argument(help="One key; without it all keys are shown.")] = None,
    prefix: Annotated[str, typer.Option(help="Only keys that begin with this.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many keys.")] = 100,
    as_json: Json = False,
) -> None:
    """The values of a table, or of one key.

    Example: atlantic table show stock_levels --limit 5
    """
    if key is not None:
        show_json(_ask(f"/tables/{quote(name, safe='')}/{quote(key, safe='')}"))
        return
    answer = _ask(f"/tables/{quote(name, safe='')}", prefix=prefix, limit=limit)
    if as_json:
        show_json(answer)
        return
    rows = [[row["key"], ", ".join(f"{k} {v}" for k, v in row["value"].items())] for row in answer["rows"]]
    show_table(["key", "value"], rows, title=f"{answer['name']}: {len(rows)} of {answer['keys']} keys")


def _ask(path: str, **parameters: str | int) -> Any:
    complete()
    address = os.environ["ATLANTIC_WORKER_URL"]
    try:
        answer = httpx2.get(address + path, params=parameters, timeout=TIMEOUT_S, trust_env=False)
    except httpx2.HTTPError as error:
        fail(f"the worker does not answer at {address} ({type(error).__name__}): is it up? (atlantic status)")
    if answer.status_code != 200:
        fail(answer.json().get("detail", f"the worker answers {answer.status_code}"))
    return answer.json()


def _cut(cut: dict[str, Any] | None) -> str:
    return f"complete up to {cut['complete_to']}, marked {cut['marked_at']}" if cut else "cut not known yet"
