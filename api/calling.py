"""Calls to other parties: bounded, repeated where it is safe, refused while the other side rests (R-PAY-4, R-SHP-9)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import TypeVar

import stamina
from prometheus_client import Gauge

from api.breaker import Breaker, Limits
from api.errors import GatewayUnavailable
from api.settings import GatewaySettings

T = TypeVar("T")

BREAKER_OPEN = Gauge(
    "gateway_breaker_open", "1 while the gateway is not asked because it failed too often", ["gateway"]
)


class Caller:
    """One other party with its breaker; made once per process and party."""

    def __init__(self, name: str, settings: GatewaySettings) -> None:
        self._name, self._told = name, settings
        self._breaker = Breaker(
            Limits(
                failures=settings.breaker_failures,
                calls=settings.breaker_calls,
                window_s=settings.breaker_window_s,
                rest_s=settings.breaker_rest_s,
            )
        )
        self._gauge = BREAKER_OPEN.labels(name)
        self._gauge.set(0)

    @property
    def rests(self) -> bool:
        """Whether calls are refused, the trial's aside."""
        return self._breaker.open

    @contextmanager
    def admission(self) -> Iterator[None]:
        """Around what is begun and its call, so that nothing is begun that the other side will not be asked.

        Raises GatewayUnavailable at once while the breaker is open; half-open it lets one caller in.
        """
        if not self._breaker.enter():
            raise GatewayUnavailable(gateway=self._name, retry_after=ceil(self._breaker.wait_s))
        try:
            yield
        finally:
            self._breaker.leave()

    async def call(self, ask: Callable[[], Awaitable[T]], *, repeats: int | None = None) -> T:
        """The answer; OSError when none comes, TimeoutError among them.

        A broken way is tried again, so what is asked must be safe to repeat. All tries together take no longer than
        one call may.
        """
        again = self._told.gateway_repeats if repeats is None else repeats
        async for attempt in stamina.retry_context(
            on=self._may_repeat,
            attempts=again + 1,
            timeout=self._told.gateway_call_s,
            wait_initial=self._told.gateway_repeat_s,
            wait_max=self._told.gateway_repeat_s * 2**again,
            wait_jitter=0,
        ):
            with attempt:
                return await self._once(ask)
        raise OSError(f"no answer from {self._name}")

    def _may_repeat(self, error: Exception) -> bool:
        return isinstance(error, OSError) and not self._breaker.open

    async def _once(self, ask: Callable[[], Awaitable[T]]) -> T:
        answered = True  # whatever else is raised is our mistake: the other side has done nothing wrong
        try:
            async with asyncio.timeout(self._told.gateway_call_s):
                return await ask()
        except (OSError, asyncio.CancelledError):  # TimeoutError is an OSError
            answered = False
            raise
        finally:
            self._breaker.note(answered=answered)
            self._gauge.set(self._breaker.open)
