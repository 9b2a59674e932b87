"""`atlantic demo`."""

import asyncio
import subprocess
from typing import Annotated

import typer
from psycopg import Error as DriverError
from sqlalchemy.exc import DBAPIError

from stack import environment, generator
from stack.cli.output import err, fail, show_table
from stack.cli.steps import Steps
from stack.cli.up import start, stop_and_wait
from stack.cli.urls import addresses
from stack.demo import accounts, seed
from stack.home import Home
from stack.imports.run import BusyError
from stack.imports.sources import UnreadableFileError
from stack.imports.target import Target
from stack.imports.waiting import StuckError
from stack.processes import EXTRAS, PROCESSES
from stack.state import load

# Carts are left alone, and parcels late, within minutes: nobody watches a demo for days.
CHOICES = {
    "ATLANTIC_PLATFORM_CURRENCY": "GBP",
    "ATLANTIC_CART_IDLE_S": "120",
    "ATLANTIC_CARRIER_DAY_S": "60",
}
PARTS = ["servers", *PROCESSES, *EXTRAS]
SHOWN = {"dashboards", "api", "clickhouse"}
TROUBLES = (BusyError, UnreadableFileError, StuckError, DBAPIError, DriverError, OSError)


def command(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when all is up and the shop is full.")] = False,
) -> None:
    """Start everything with a demo shop in it: real orders and clicks moved to these days, and shoppers who visit.

    Example: atlantic demo --detach
    """
    home = Home.from_environment()
    if lost := seed.missing_files():
        fail(f"{lost[0]} is missing: check out the repository again, the data is part of it")
    try:
        generator.version()
    except ValueError as error:
        fail(f"the shoppers have nothing to speak with: {error}")
    process = _up(home)
    try:
        whole = _fill(home)
        if detach or process is None:
            raise typer.Exit(0 if whole else 1)
        err.print("running; Ctrl-C stops everything")
        code = process.wait()
    except KeyboardInterrupt:
        code = stop_and_wait(process) if process else 130
    raise typer.Exit(code)


def _up(home: Home) -> "subprocess.Popen[bytes] | None":
    """Start the instance, or take the one that runs."""
    environment.remember(home, {**CHOICES, **environment.remembered(home)})
    state = load(home)
    if state is not None and state.alive:
        err.print(f"{home.root} is running already")
        return None
    return start(home, PARTS)


def _fill(home: Home) -> bool:
    """People first, so that the table below is true, then the shop behind a progress bar; False when it stays short."""
    target = Target.here()
    asyncio.run(seed.people(target))
    _show(home)
    try:
        with Steps() as steps:
            asyncio.run(seed.shop(target, steps))
    except TROUBLES as error:
        reason = str(error).splitlines()[0]
        err.print(f"[red]error:[/] the shop is not full ({reason}): run the same command again, it goes on")
        return False
    return True


def _show(home: Home) -> None:
    show_table(("open", "address", "what"), [row for row in addresses(home) if row[0] in SHOWN], title="Atlantic")
    everybody = [(person.email, person.works_on) for person in accounts.people()]
    show_table(("sign in as", "for"), everybody, title=f"Demo accounts, password {accounts.password(home)}")
