"""Runs the relay and the reactor in this process, for tests that follow an order through the log."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.reactor.process import ReactorSettings, run
from api.relay.loop import Relay
from api.relay.process import RelaySettings

STOP_S = 20.0


@contextmanager
def relay(**changed: object) -> Iterator[Relay]:
    """A relay with the environment's settings and some of them changed."""
    stop = threading.Event()
    one = Relay(RelaySettings.model_validate(changed), stop)
    thread = threading.Thread(target=one.run, name="relay")
    thread.start()
    try:
        yield one
    finally:
        stop.set()
        thread.join(STOP_S)
        assert not thread.is_alive()


@contextmanager
def reactor(**changed: object) -> Iterator[None]:
    """A reactor with its sweeper and courier."""
    settings, loop = ReactorSettings.model_validate(changed), asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run(settings, stop)), name="reactor")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_S)
        assert not thread.is_alive()
        loop.close()
