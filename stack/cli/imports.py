"""`atlantic import`: real data sets, the real way."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg import DataError as DriverDataError
from psycopg import Error as DriverError
from psycopg import IntegrityError as DriverIntegrityError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from stack.cli.output import Json, fail, show_json, show_table
from stack.cli.steps import Steps
from stack.imports import online_retail, rees46, window
from stack.imports.run import BusyError, Job, run
from stack.imports.sources import UnreadableFileError
from stack.imports.target import Target
from stack.imports.waiting import StuckError

REFUSED = (DataError, IntegrityError, DriverDataError, DriverIntegrityError)

app = typer.Typer(
    help="Import real data sets: orders, returns, products, accounts and clicks.",
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich",
)  # fmt: skip

File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file, as it was published.")
]
Days = Annotated[int | None, typer.Option("--limit-days", min=1, help="Only the newest DAYS days of the file.")]
ToNow = Annotated[bool, typer.Option("--shift-to-now", help="Move all times so that they end now.")]
Source = Annotated[str, typer.Option("--source", help="Name of the import: the same rows under another name are new.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Return when the marts have everything.")]


@app.command("online-retail")
def import_online_retail(
    file: File,
    *,
    limit_days: Days = None,
    shift_to_now: ToNow = False,
    source: Source = online_retail.SOURCE,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Import the Online Retail data sets of UCI, either published form, CSV or Parquet.

    A second run changes nothing; a run that was killed goes on where it was.
    Rows that cannot be taken are counted by reason.
    With --shift-to-now times move by whole weeks.

    Files of one --source add up to one file of all their rows:
    what is booked is not booked twice, a return finds older files' lines,
    what a cut-off invoice lacked becomes an order of its own.
    Import older files first, or the newer one again.

    Example: atlantic import online-retail data/online_retail_ii_2009_2010.parquet
    """
    step = window.WEEK if shift_to_now else None
    _import(Job(file, online_retail.SOURCE, source, limit_days, step, wait), as_json)


@app.command("rees46")
def import_rees46(
    file: File,
    *,
    shift_to_now: ToNow = False,
    source: Source = rees46.SOURCE,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Import the REES46 clickstream, CSV, plain or gzip.

    A second run changes nothing; a run that was killed goes on where it was.
    Rows that cannot be taken are counted by reason.
    With --shift-to-now times move by whole days.

    Files of one --source may overlap: what one brought is not brought twice.
    Of a compressed file that is cut off all whole rows count.

    Example: atlantic import rees46 data/rees46_2019_10_01.csv.gz --json
    """
    step = window.DAY if shift_to_now else None
    _import(Job(file, rees46.SOURCE, source, None, step, wait), as_json)


def _import(job: Job, as_json: bool) -> None:
    try:
        with Steps() as steps:
            summary = asyncio.run(run(job, Target.here(), steps))
    except (UnreadableFileError, BusyError, StuckError) as error:
        fail(str(error))
    except REFUSED as error:
        fail(
            f"the core refuses something in {job.path.name} ({str(error).splitlines()[0]}): nothing after it is booked"
        )
    except (DBAPIError, DriverError, OSError) as error:
        reason = str(error).splitlines()[0]
        fail(f"a server does not answer ({reason}): see `atlantic status`, then run the same command again, it goes on")
    if as_json:
        show_json(summary)
    else:
        show_summary(summary)


def show_summary(summary: dict[str, Any]) -> None:
    """Two tables: what was taken, and what was skipped by reason."""
    currency = summary["currency"]
    taken = [(_words(name), _shown(name, value, currency)) for name, value in summary.items() if isinstance(value, int)]
    show_table(("", ""), [*taken, ("seconds", f"{summary['seconds']:,}")], title=f"Import {summary['source']}")
    if summary["skipped"]:
        skipped = [(reason, f"{count:,}") for reason, count in summary["skipped"].items()]
        show_table(("skipped because", "rows"), skipped)


def _words(name: str) -> str:
    return name.removesuffix("_minor").replace("_", " ")


def _shown(name: str, value: int, currency: str) -> str:
    if name.endswith("_minor"):
        return f"{value // 100:,}.{value % 100:02d} {currency}"
    return f"{value:,}"
