"""The sender: takes pending messages and hands them to their providers, each channel at its own pace (R-NOT-2).

Nothing is sent inside a transaction. A process that dies between sending and noting it sends again later, under the
same id, by which a provider knows the copy. What quick providers take within a moment is noted together.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.channels import Channel, Message, NotSent, Sender
from api.db import statement, transaction
from api.notifications import service
from api.notifications.kinds import KINDS
from api.notifications.service.writing import INCOMPLETE
from api.notifications.wording import Unrenderable, Wording, render

IDLE_S = 0.5
NOTED_WITHIN_S = 0.05
CHANNELS: tuple[Channel, ...] = ("email", "sms", "push", "whatsapp")
AWAY = "provider_unavailable"

log = structlog.get_logger()


class Notes:
    """Messages that have left and are not noted yet: they wait for a moment, for others that leave as quickly."""

    def __init__(self, pool: AsyncEngine) -> None:
        self._pool = pool
        self._sent: list[service.Sent] = []
        self._until = 0.0

    async def beside(self, sending: Coroutine[Any, Any, str]) -> str:
        """What `sending` gives or raises; what left before it is noted meanwhile when its moment is over."""
        task = asyncio.create_task(sending)
        try:
            if self._sent:
                done, _ = await asyncio.wait({task}, timeout=max(0, self._until - time.monotonic()))
                if not done:
                    await self.write()
            return await task
        finally:
            task.cancel()

    def add(self, sent: service.Sent) -> None:
        """Note it with those before it."""
        if not self._sent:
            self._until = time.monotonic() + NOTED_WITHIN_S
        self._sent.append(sent)

    async def write(self) -> None:
        """Note what has left: together, or one by one when that fails, for what is not noted leaves again."""
        sent, self._sent = self._sent, []
        try:
            await self._write(sent)
        except DBAPIError:
            for one in sent:
                await self._write([one])

    async def _write(self, sent: Sequence[service.Sent]) -> None:
        if sent:
            async with statement(self._pool) as conn:
                await service.sent(conn, sent)


class Dispatcher:
    """Sends what is pending until it is told to stop."""

    def __init__(self, pool: AsyncEngine, sender: Sender, *, public_url: str, secret: str) -> None:
        self._pool, self._sender = pool, sender
        self._public_url, self._secret = public_url, secret

    async def run(self, stop: asyncio.Event) -> None:
        """A task for each channel: a mail server that hangs holds up no text message. One looks what is due for all."""
        due = {channel: asyncio.Event() for channel in CHANNELS}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look(due, stop))
            for channel in CHANNELS:
                tasks.create_task(self._run(channel, due[channel], stop))

    async def _look(self, due: Mapping[Channel, asyncio.Event], stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with statement(self._pool) as conn:
                    found = await service.due(conn, CHANNELS)
                for channel in found:
                    due[channel].set()
            except Exception as error:  # whatever it is, the database is asked again
                log.warning("not seen what is to be sent", error=repr(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), IDLE_S)
        for event in due.values():
            event.set()

    async def _run(self, channel: Channel, due: asyncio.Event, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await due.wait()
            due.clear()
            try:
                while not stop.is_set() and await self._some(channel, stop):
                    pass
            except Exception as error:  # whatever it is, the messages are due again when their lease ends
                log.warning("sending failed", channel=channel, error=repr(error))

    async def _some(self, channel: Channel, stop: asyncio.Event) -> bool:
        """Send what is due, as far as the provider and the lease go along; whether there may be more."""
        until = time.monotonic() + service.SENDING_S
        async with statement(self._pool) as conn:
            taken = await service.claim(conn, channel)
        waiting, sent = deque(taken), Notes(self._pool)
        there = True
        try:
            while waiting and there and not stop.is_set() and time.monotonic() < until:
                there = await self._one(channel, waiting.popleft(), sent)
        finally:
            await sent.write()
        await self._leave(waiting, away=not there)
        return there and len(taken) == service.AT_ONCE

    async def _one(self, channel: Channel, message: Row[Any], sent: Notes) -> bool:
        """Send one; whether its provider is there."""
        try:
            words = self._words(message)
            reference = await sent.beside(self._sender.send(self._addressed(channel, message, words)))
        except Unrenderable as error:
            log.error("message not rendered", template=message.template, error=str(error))
            await self._failed(message, INCOMPLETE, final=True)
        except NotSent as refusal:
            await self._failed(message, refusal.code, final=refusal.final)
            return refusal.code != AWAY
        else:
            sent.add(service.settled(message, reference, words.subject, words.short))
        return True

    def _unsubscribe(self, message: Row[Any]) -> str | None:
        if not KINDS[message.type].marketing:
            return None
        return service.unsubscribe_url(self._public_url, self._secret, message.user_id)

    def _words(self, message: Row[Any]) -> Wording:
        return render(
            message.template, message.data["locale"], message.data, unsubscribe_url=self._unsubscribe(message)
        )

    def _addressed(self, channel: Channel, message: Row[Any], words: Wording) -> Message:
        mail = channel == "email"
        return Message(
            id=message.id,
            channel=channel,
            recipient=message.recipient,
            subject=words.subject,
            text=words.text if mail else words.short,
            html=words.html if mail else None,
            unsubscribe_url=self._unsubscribe(message) if mail else None,
        )

    async def _failed(self, message: Row[Any], reason: str, *, final: bool) -> None:
        log.warning("message not sent", id=str(message.id), reason=reason, attempts=message.attempts)
        async with transaction(self._pool) as conn:
            await service.failed(conn, message, reason, final=final)

    async def _leave(self, messages: Iterable[Row[Any]], *, away: bool) -> None:
        if left := [message.id for message in messages]:
            async with statement(self._pool) as conn:
                await service.untried(conn, left, away=away)
