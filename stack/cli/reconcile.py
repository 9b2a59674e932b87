"""`atlantic reconcile`."""

import typer

from audit import once
from audit.books import Outcome, as_json
from audit.settings import AuditSettings
from stack.cli.output import Json, err, out, show_json, show_table
from stack.environment import complete

EXIT = {"equal": 0, "different": 1, "could_not_compare": 2}
SHOWN = 50


def command(as_json_: Json = False) -> None:
    """Compare the core's ledger, the landed rows and the marts at one cut, cell by cell.

    Exit code 0: equal; 1: different, the cells are listed; 2: could not compare. Amounts are minor units.

    Example: atlantic reconcile --json
    """
    complete()
    outcome = once.run(AuditSettings())
    if as_json_:
        show_json(as_json(outcome))
    else:
        _say(outcome)
    raise typer.Exit(EXIT[outcome.verdict])


def _say(outcome: Outcome) -> None:
    if outcome.verdict == "could_not_compare":
        err.print(f"[yellow]could not compare:[/] {outcome.reason}", highlight=False)
        return
    at = f"at transaction {outcome.complete_to:,}, recorded {outcome.recorded_at:%H:%M:%S} UTC ({outcome.seconds} s)"
    if outcome.verdict == "equal":
        out.print(f"[green]equal:[/] all {outcome.cells:,} cells of core, landing and marts {at}", highlight=False)
        return
    out.print(f"[red]different:[/] {len(outcome.differences):,} of {outcome.cells:,} cells {at}", highlight=False)
    rows = [[str(value) for value in found.values()] for found in as_json(outcome)["differences"][:SHOWN]]
    columns = ("side", "seller", "currency", "account", "day", "measure", "expected", "found", "difference")
    show_table(columns, rows)
