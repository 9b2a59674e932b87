"""`atlantic simulate`."""

import asyncio
import os
from collections import Counter
from typing import Annotated

import httpx2
import typer

from stack import environment
from stack.cli.output import Json, err, fail, show_json, show_table
from stack.demo import accounts
from stack.home import Home
from stack.simulator import opening
from stack.simulator.scene import Scene


def command(
    rate: Annotated[float, typer.Option(min=0.01, max=50.0, help="Visits a second.")] = 1.0,
    seconds: Annotated[float, typer.Option(min=1.0, help="For how long.")] = 60.0,
    seed: Annotated[int | None, typer.Option(help="Makes the choices repeatable.")] = None,
    as_json: Json = False,
) -> None:
    """Let shoppers visit over HTTP: browse, click, fill carts, pay by test cards, cancel; sellers restock.

    Example: atlantic simulate --rate 2 --seconds 120
    """
    home = Home.from_environment()
    api = os.environ.get("ATLANTIC_API_URL") or environment.addresses(home)["ATLANTIC_API_URL"]
    err.print(f"{rate:g} visits a second for {seconds:g} s at {api}", highlight=False)
    try:
        tally = asyncio.run(_run(Scene(api, accounts.password(home), rate, seed), seconds))
    except httpx2.HTTPError as error:
        fail(f"the API does not answer at {api} ({type(error).__name__}): see `atlantic status`")
    except ValueError as error:
        fail(f"the simulator has no client of the API to speak with: {error}")
    if not tally["visits"]:
        fail(f"nobody could visit the shop: {dict(tally)}")
    if as_json:
        show_json(dict(tally))
    else:
        show_table(("what", "times"), [(what, f"{times:,}") for what, times in sorted(tally.items())])


async def _run(scene: Scene, seconds: float) -> Counter[str]:
    async with opening.crowd(scene) as crowd:
        return await crowd.run(seconds)
