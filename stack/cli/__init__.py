"""The `atlantic` command. A new command is a file in this folder and one line in COMMANDS.

A module defines `command` (a function with typer's annotations) or `app` (a typer.Typer with sub-commands). It is
imported when it is called, so that one command's libraries do not slow down the others.
"""

import sys
from typing import NoReturn

import structlog

from stack.artifacts import ArtifactError
from stack.cli.lazy import group

COMMANDS = {
    "up": "stack.cli.up",
    "down": "stack.cli.down",
    "status": "stack.cli.status",
    "logs": "stack.cli.logs",
    "urls": "stack.cli.urls",
    "doctor": "stack.cli.doctor",
    "reset": "stack.cli.reset",
    "run": "stack.cli.run",
    "migrate": "stack.cli.migrate",
    "import": "stack.cli.imports",
    "demo": "stack.cli.demo",
    "simulate": "stack.cli.simulate",
    "operator": "stack.cli.operator",
    "payments": "stack.cli.payments",
    "reconcile": "stack.cli.reconcile",
    "sql": "stack.cli.sql",
    "table": "stack.cli.table",
    "deadletters": "stack.cli.deadletters",
    "asyncapi": "stack.cli.asyncapi",
    "openapi": "stack.cli.openapi",
    "client": "stack.cli.client",
}


def main() -> None:
    """Run the command line; exit code 0 only when what was said is true."""
    # Standard output is the command's answer alone: `--json` is read by programmes.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        group(COMMANDS)()
    except (ArtifactError, ValueError) as error:
        _end(str(error))
    except OSError as error:
        _end(f"{error.filename or 'the machine'}: {error.strerror or error}: see `atlantic doctor`")


def _end(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(1)
