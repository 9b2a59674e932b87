"""Runs the relay and the reactor in this process, for tests that follow an order through the log."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from api import db
from api.payments import service as payments
from api.reactor.process import ReactorSettings, run
from api.reactor.webhooks import Courier
from api.relay.loop import Relay
from api.relay.process import RelaySettings
from api.sweeper import Sweeper

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
    with _running(partial(run, ReactorSettings.model_validate(changed))):
        yield


@contextmanager
def sweeping(dsn: str, gateway: payments.Gateway | None = None) -> Iterator[None]:
    """A sweeper alone, before the test network or another gateway."""

    async def sweep(stop: asyncio.Event) -> None:
        pool = db.engine(dsn, size=6)
        network = gateway or payments.CardNetwork(pool, "a secret of the gateway")
        try:
            await Sweeper(pool, payments.Gateways({network.name: payments.Guard(network)})).run(stop)
        finally:
            await network.close()
            await pool.dispose()

    with _running(sweep):
        yield


@contextmanager
def courier(dsn: str, api: str, secret: str) -> Iterator[None]:
    """The test gateway's webhooks on their way to an api."""

    async def carry(stop: asyncio.Event) -> None:
        pool = db.engine(dsn, size=2)
        try:
            await Courier(payments.CardNetwork(pool, secret), api).run(stop)
        finally:
            await pool.dispose()

    with _running(carry):
        yield


@contextmanager
def _running(job: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> Iterator[None]:
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(job(stop)))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_S)
        assert not thread.is_alive()
        loop.close()
