"""The simulator as a process of the demo: a light crowd, for as long as the instance runs."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping

from api import health_server
from stack.demo import accounts
from stack.home import Home
from stack.simulator.crowd import Crowd, Scene
from stack.simulator.people import client

RATE_VARIABLE = "ATLANTIC_SIMULATOR_RATE"
IDLE_VARIABLE = "ATLANTIC_CART_IDLE_S"
VISITS_A_SECOND = 0.5


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
    asyncio.run(_run(scene, home.port("simulator")))


async def _run(scene: Scene, port: int) -> None:
    async with client(scene.api) as http:
        crowd = Crowd(scene, http)

        def health() -> Mapping[str, object]:
            return {"status": "ok", **crowd.tally}

        running = asyncio.create_task(crowd.run(None))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.cancel)
        with health_server.serving(port, health), contextlib.suppress(asyncio.CancelledError):
            await running


if __name__ == "__main__":
    main()
