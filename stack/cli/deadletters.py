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
def list_(as_json: Json = False) -> None:
    """Every dead letter: which line, who set it aside, how often, and why.

    Example: atlantic deadletters list
    """
    letters = _ask()
    if as_json:
        show_json([_plain(letter) for letter in letters])
        return
    rows = [
        [letter.id, letter.consumer, str(letter.attempts), str(letter.failed_at), letter.reason[:REASON_WIDTH]]
        for letter in letters
    ]
    show_table(["id", "set aside by", "attempts", "at", "reason"], rows, title=_count(letters))


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
        out.print(f"{letter.id}: {letter.consumer}, {letter.attempts} attempts, {letter.failed_at}", highlight=False)
        out.print(letter.reason, markup=False, highlight=False)
    out.print(letters[0].line, markup=False, highlight=False)


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
    return f"{lines} dead lines" + (f", {len(letters)} letters: one a consumer" if lines < len(letters) else "")


def _plain(letter: DeadLetter) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(letter)
    return {"id": letter.id, **fields}
