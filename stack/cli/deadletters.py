"""`atlantic deadletters list|show|replay`: lines that a consumer set aside."""

import os
from typing import Annotated, Any

import msgspec
import typer
from kafka.errors import KafkaError

from stack.cli.output import Json, fail, out, show_json, show_table
from stack.environment import complete
from streams.dead_letters import Post, Refused
from streams.events.dead_letters import DeadLetter

app = typer.Typer(help="Lines that could not be read or handled.", no_args_is_help=True, add_completion=False)

Id = Annotated[str, typer.Argument(help="topic-partition-offset-line, as `atlantic deadletters list` shows it.")]
REASON_WIDTH = 80


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also what was replayed.")] = False, as_json: Json = False
) -> None:
    """The lines that wait to be replayed: who set each aside, how often, and why.

    Example: atlantic deadletters list --all
    """
    letters = [letter for letter in _ask() if every or not letter.replayed_as]
    if as_json:
        show_json([_plain(letter) for letter in letters])
        return
    rows = [
        [letter.id, letter.consumer, str(letter.attempts), _moment(letter), letter.reason[:REASON_WIDTH]]
        + ([letter.replayed_as or "-"] if every else [])
        for letter in letters
    ]
    columns = ["id", "set aside by", "attempts", "at (UTC)", "reason", *(["replayed as"] if every else [])]
    show_table(columns, rows, title=_count(letters))


@app.command()
def show(letter_id: Id, as_json: Json = False) -> None:
    """One dead letter with its line.

    Example: atlantic deadletters show orders-2-1041-17
    """
    letters = _find(letter_id)
    if as_json:
        show_json([_plain(letter) for letter in letters])
        return
    for letter in letters:
        said = f"{letter.id}: set aside by the {letter.consumer} at {_moment(letter)} UTC, attempts: {letter.attempts}"
        typer.echo(said + (f", replayed as {letter.replayed_as}" if letter.replayed_as else ""))
        typer.echo(letter.reason)
    typer.echo(letters[0].line)


@app.command()
def replay(letter_id: Id, as_json: Json = False) -> None:
    """Put the line back into its partition, once it can be read: after an upgrade that knows the event, say.

    Only consumers that set it aside take it, and each takes one replay, so nothing counts twice.

    Example: atlantic deadletters replay orders-2-1041-17
    """
    letter = _find(letter_id)[0]
    try:
        place = _post().replay(letter)
    except (Refused, KafkaError) as error:
        fail(str(error))
    show_json({"replayed": letter.id, "as": place}) if as_json else out.print(f"{letter.id} replayed as {place}")


def _post() -> Post:
    complete()
    return Post(os.environ["ATLANTIC_KAFKA_BOOTSTRAP"], os.environ.get("ATLANTIC_TOPIC_PREFIX", ""))


def _ask() -> list[DeadLetter]:
    try:
        return _post().letters()
    except KafkaError as error:
        fail(f"Kafka does not answer ({error}): is the system up? (atlantic status)")


def _find(letter_id: str) -> list[DeadLetter]:
    letters = [letter for letter in _ask() if letter.id == letter_id]
    if not letters:
        fail(f"there is no dead letter {letter_id}")
    return letters


def _count(letters: list[DeadLetter]) -> str:
    lines = len({letter.id for letter in letters})
    counted = "1 dead line" if lines == 1 else f"{lines} dead lines"
    return counted + (f", {len(letters)} letters: one a consumer" if lines < len(letters) else "")


def _moment(letter: DeadLetter) -> str:
    return f"{letter.failed_at:%Y-%m-%d %H:%M:%S}" if letter.failed_at else "-"


def _plain(letter: DeadLetter) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(letter)
    return {"id": letter.id, **fields}
