"""Every call to a gateway goes through its guard: bounded, repeated where safe, refused while it rests (R-PAY-4)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta

from api.calling import Caller
from api.errors import GatewayUnavailable
from api.payments.gateway import Gateway, Notice, Operation, Reply
from api.settings import GatewaySettings

Call = Callable[[], Awaitable[Reply]]

# What a process may need beside its calls: a pause of the machine, a slow commit.
SLACK_S = 2.0


class Guard:
    """A gateway with its breaker; made once per process and gateway."""

    def __init__(self, provider: Gateway, settings: GatewaySettings | None = None) -> None:
        self.provider = provider
        self._told = settings or GatewaySettings()
        self._caller = Caller(provider.name, self._told)

    @property
    def name(self) -> str:
        """The gateway's name."""
        return self.provider.name

    @property
    def in_flight(self) -> timedelta:
        """How long an operation may be under way after its note: before that, "never received" proves nothing."""
        longest_wait = self._told.gateway_repeat_s * 2 ** max(self._told.gateway_repeats - 1, 0)
        return timedelta(seconds=2 * self._told.gateway_call_s + longest_wait + SLACK_S)

    @property
    def rests(self) -> bool:
        """Whether it failed too often to be asked: all calls are refused now, or all but one."""
        return self._caller.rests

    def admission(self) -> AbstractContextManager[None]:
        """Around the note of an operation and its call, so that nothing is begun that the gateway will not be asked.

        Raises GatewayUnavailable at once while the breaker is open; half-open it lets one caller in.
        """
        return self._caller.admission()

    async def answer(self, call: Call, *, repeats: int | None = None) -> Reply:
        """A gateway's reply; unknown when none comes.

        A broken way is tried again with the same reference, so nothing happens twice. What took all its time is a lost
        answer: it is asked for by its reference instead (R-PAY-3).
        """
        try:
            return await self._caller.call(call, repeats=repeats)
        except OSError:
            return Reply(outcome="unknown")

    async def heard(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """The notice in a webhook; SignatureInvalid, and GatewayUnavailable when who sent it cannot be found out now.

        Past the breaker: anybody may send webhooks, and what they cost a gateway says nothing of payments.
        """
        try:
            async with asyncio.timeout(self._told.gateway_call_s):
                return await self.provider.verify(headers, body)
        except OSError as error:
            raise GatewayUnavailable(gateway=self.name, retry_after=1) from error

    async def ask_again(self, operation: Operation) -> Reply:
        """A lost answer is asked for at once; what was not received yet may still be on its way (R-PAY-3)."""
        reply = await self.answer(lambda: self.provider.query(operation), repeats=0)
        return Reply(outcome="unknown") if reply.outcome == "never received" else reply
