"""`atlantic sql`."""

import re
import sys
from typing import Annotated

import typer
from clickhouse_connect.driver.exceptions import ClickHouseError

from clickhouse import client
from stack.cli.output import fail
from stack.environment import complete

PEOPLE = "PrettyCompactMonoBlock"
OWN_FORMAT = re.compile(r"\bFORMAT\s+\w+\s*;?\s*$", re.IGNORECASE)
EXPECTED = re.compile(r"[\s.,]*Expected one of: .*?(?=( \([A-Z_]+\))?$)", re.DOTALL)
"""ClickHouse lists every word that may begin a query: a page that nobody reads."""
CHUNK = 1 << 16


def command(
    query: Annotated[str, typer.Argument(help="One ClickHouse query; - reads it from standard input.")],
    format_: Annotated[
        str | None,
        typer.Option("--format", "-f", help="Any ClickHouse format: TSV, CSVWithNames, JSON, Parquet, ..."),
    ] = None,
) -> None:
    """Ask the warehouse in SQL, with the data team's read-only role and its limits on memory and time.

    Exit code 1 when ClickHouse refuses the query or does not answer.

    Example: atlantic sql "SELECT currency, sum(gross_minor) FROM books_day GROUP BY currency" --format TSV
    """
    complete()
    text = sys.stdin.read() if query == "-" else query
    chosen = format_ or (None if OWN_FORMAT.search(text) else PEOPLE)
    try:
        with client.data_ro() as warehouse, warehouse.raw_stream(text, fmt=chosen) as answer:
            while chunk := answer.read(CHUNK):
                sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
    except ClickHouseError as error:
        fail(_reason(error))
    except BrokenPipeError:
        raise typer.Exit(1) from None


def _reason(error: ClickHouseError) -> str:
    """ClickHouse's own sentence, without the client's wrapping."""
    text = str(error)
    found = re.search(r"DB::Exception: (.*?)(?: \(version [^)]*\).*)?\s*$", text, re.DOTALL)
    if found:
        return EXPECTED.sub("", found.group(1).strip())
    if "Failed to establish a new connection" in text or "Connection refused" in text:
        return "ClickHouse does not answer: is the system up? (atlantic status)"
    return text
