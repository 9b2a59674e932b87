"""`atlantic payments check`: the payment gateway's list beside our own."""

import asyncio
import os
from typing import Annotated

import msgspec
import typer

from api import db
from api.payments import service as payments
from stack.cli.output import Json, err, out, show_json, show_table
from stack.environment import complete

app = typer.Typer(help="Payments beside the gateway's own list.", no_args_is_help=True, add_completion=False)

COULD_NOT_COMPARE = 2

Days = Annotated[int, typer.Option(min=1, max=400, help="How many days back.")]


@app.callback()
def payments_() -> None:
    """Payments beside the gateway's own list."""


@app.command()
def check(days: Days = 2, as_json: Json = False) -> None:
    """Compare every operation with its gateway's list; what differs is listed, nothing is corrected.

    Exit code 0: equal; 1: different; 2: could not compare. The reactor does the same every night. Amounts are minor
    units.

    Example: atlantic payments check --days 7
    """
    complete()
    try:
        found = asyncio.run(_compare(days))
    except OSError as error:
        err.print(f"[yellow]could not compare:[/] {error}", highlight=False)
        raise typer.Exit(COULD_NOT_COMPARE) from error
    if as_json:
        show_json([msgspec.to_builtins(one) for one in found])
    elif found:
        rows = [[one.idempotency_ref, one.what, one.ours or "-", one.theirs or "-"] for one in found]
        show_table(("operation", "differs in", "ours", "the gateway's"), rows, title=f"{len(found)} differences")
    else:
        out.print(f"[green]equal:[/] every operation of the last {days} days is in both lists", highlight=False)
    raise typer.Exit(1 if found else 0)


async def _compare(days: int) -> list[payments.Difference]:
    pool = db.engine(os.environ["ATLANTIC_POSTGRES_DSN"], size=2)
    gateways = payments.gateways(pool, os.environ["ATLANTIC_WEBHOOK_SECRET"])
    try:
        found = [
            one
            for gateway in gateways
            for one in await payments.compare(pool, gateway, *payments.last_days(gateway, days))
        ]
    finally:
        await gateways.close()
        await pool.dispose()
    return found
