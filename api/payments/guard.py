"""Every call to a gateway goes through its guard: bounded, repeated where safe, refused while it rests (R-PAY-4)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import ceil

import stamina
from prometheus_client import Gauge

from api.breaker import Breaker, Limits
from api.errors import GatewayUnavailable
from api.payments.gateway import Gateway, Reply
from api.settings import GatewaySettings

Call = Callable[[], Awaitable[Reply]]

BREAKER_OPEN = Gauge(
    "gateway_breaker_open", "1 while the gateway is not asked because it failed too often", ["gateway"]
)
# What a process may need beside its calls: a pause of the machine, a slow commit.
SLACK_S = 2.0


class Guard:
    """A gateway with its breaker; made once per process and gateway."""

    def __init__(self, provider: Gateway, settings: GatewaySettings | None = None) -> None:
        self.provider = provider
        self._told = settings or GatewaySettings()
        self._breaker = Breaker(
            Limits(
                failures=self._told.breaker_failures,
                calls=self._told.breaker_calls,
                window_s=self._told.breaker_window_s,
                rest_s=self._told.breaker_rest_s,
            )
        )
        self._gauge = BREAKER_OPEN.labels(provider.name)
        self._gauge.set(0)

    @property
    def name(self) -> str:
        """The gateway's name."""
        return self.provider.name

    @property
    def in_flight(self) -> timedelta:
        """How long an operation may be under way after its note: before that, "never received" proves nothing."""
        longest_wait = self._told.gateway_repeat_s * 2 ** max(self._told.gateway_repeats - 1, 0)
        return timedelta(seconds=2 * self._told.gateway_call_s + longest_wait + SLACK_S)

    @contextmanager
    def admission(self) -> Iterator[None]:
        """Around the note of an operation and its call, so that nothing is begun that the gateway will not be asked.

        Raises GatewayUnavailable at once while the breaker is open; half-open it lets one caller in.
        """
        if not self._breaker.enter():
            raise GatewayUnavailable(gateway=self.name, retry_after=ceil(self._breaker.wait_s))
        try:
            yield
        finally:
            self._breaker.leave()

    async def answer(self, call: Call, *, repeats: int | None = None) -> Reply:
        """A gateway's reply; unknown when none comes.

        A broken way is tried again with the same reference, so nothing happens twice. What took all its time is a lost
        answer: it is asked for by its reference instead (R-PAY-3).
        """
        again = self._told.gateway_repeats if repeats is None else repeats
        try:
            async for attempt in stamina.retry_context(
                on=self._may_repeat,
                attempts=again + 1,
                timeout=self._told.gateway_call_s,
                wait_initial=self._told.gateway_repeat_s,
                wait_max=self._told.gateway_repeat_s * 2**again,
                wait_jitter=0,
            ):
                with attempt:
                    return await self._once(call)
        except OSError:
            pass
        return Reply(outcome="unknown")

    async def ask_again(self, idempotency_ref: str) -> Reply:
        """A lost answer is asked for at once; what was not received yet may still be on its way (R-PAY-3)."""
        reply = await self.answer(lambda: self.provider.query(idempotency_ref), repeats=0)
        return Reply(outcome="unknown") if reply.outcome == "never received" else reply

    def _may_repeat(self, error: Exception) -> bool:
        return isinstance(error, OSError) and not self._breaker.open

    async def _once(self, call: Call) -> Reply:
        answered = False
        try:
            async with asyncio.timeout(self._told.gateway_call_s):
                reply = await call()
            answered = True
            return reply
        except OSError:  # TimeoutError is one; whatever else is raised is our mistake, not the gateway's
            raise
        except Exception:  # our own mistake, told to the caller: the gateway has done nothing wrong
            answered = True
            raise
        finally:
            self._breaker.note(answered=answered)
            self._gauge.set(self._breaker.open)
