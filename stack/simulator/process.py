"""The simulator as a process of the demo: a light crowd, for as long as the instance runs."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping

import httpx2

from api import health_server
from stack.demo import accounts
from stack.home import Home
from stack.simulator import opening
from stack.simulator.scene import Scene

RATE_VARIABLE = "ATLANTIC_SIMULATOR_RATE"
IDLE_VARIABLE = "ATLANTIC_CART_IDLE_S"
VISITS_A_SECOND = 0.5
API_ASKED_EVERY_SECONDS = 3.0


def main() -> None:
    """Visit the shop of this environment's API until SIGTERM or SIGINT."""
    home = Home.from_environment()
    scene = Scene(
        api=os.environ["ATLANTIC_API_URL"],
        password=accounts.password(home),
        rate=float(os.environ.get(RATE_VARIABLE, VISITS_A_SECOND)),
        registers=False,
        cart_idle_s=float(os.environ.get(IDLE_VARIABLE, Scene.cart_idle_s)),
    )
    try:
        asyncio.run(_run(scene, home.port("simulator")))
    except ValueError as error:
        sys.exit(f"the simulator has no client of the API to speak with: {error}")


async def _run(scene: Scene, port: int) -> None:
    tally: Counter[str] = Counter()

    def health() -> Mapping[str, object]:
        return {"status": "ok", **tally}

    running = asyncio.create_task(_visit(scene, tally))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with health_server.serving(port, health), contextlib.suppress(asyncio.CancelledError):
        await running


async def _visit(scene: Scene, tally: Counter[str]) -> None:
    """As soon as the API answers; it may only be starting."""
    while True:
        try:
            async with opening.crowd(scene, tally) as crowd:
                await crowd.run(None)
        except httpx2.HTTPError:
            await asyncio.sleep(API_ASKED_EVERY_SECONDS)


if __name__ == "__main__":
    main()
