"""`atlantic doctor`."""

from dataclasses import asdict

import typer

from stack.checks import examine
from stack.cli.output import Json, show_json, show_table
from stack.home import Home


def command(as_json: Json = False) -> None:
    """Look at the machine, the installation, the home and the running parts. Exit code 0 when all is well.

    Example: atlantic doctor
    """
    findings = examine(Home.from_environment())
    if as_json:
        show_json([asdict(finding) for finding in findings])
    else:
        rows = [
            (
                finding.name,
                "[green]good[/]" if finding.good else "[red]bad[/]",
                finding.seen if finding.good else f"{finding.seen}: {finding.advice}",
            )
            for finding in findings
        ]
        show_table(("what", "", "seen"), rows)
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)
