"""The reactor's life: take messages, handle their facts in order per partition, commit, take the next."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import NamedTuple

import stamina
import structlog
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError

from api.reactor import metrics
from api.reactor.consumer import GROUP, Facts, Records
from api.reactor.handling import Handler, Stopped, UnhandledError
from api.reactor.reading import facts
from streams.events import Envelope
from streams.events.codec import Undecodable
from streams.events.dead_letters import DeadLetter, as_text

COMMIT_EVERY_S = 2.0  # when nothing but progress marks came; facts are committed as soon as they are handled

log = structlog.get_logger()


class Failure(NamedTuple):
    """Why a line is set aside, and after how many attempts."""

    reason: str
    attempts: int


class Reactor:
    """Reacts to facts until `stop` is set; survives the loss of Kafka by starting over from the committed offsets."""

    def __init__(self, bootstrap: str, prefix: str, handler: Handler, stop: asyncio.Event) -> None:
        self._bootstrap, self._prefix = bootstrap, prefix
        self._handler = handler
        self._stop = stop

    async def run(self) -> None:
        """Run until stopped."""
        async for attempt in stamina.retry_context(
            on=KafkaError, attempts=None, timeout=None, wait_initial=0.2, wait_max=2.0
        ):
            with attempt:
                if not self._stop.is_set():
                    with suppress(Stopped):
                        await self._live()

    async def _live(self) -> None:
        source = await asyncio.to_thread(Facts, self._bootstrap, self._prefix)
        with closing(source):
            log.info("reactor reads")
            commit_due = 0.0
            while not self._stop.is_set():
                records = await asyncio.to_thread(source.next)
                self._handler.begin()
                handled = await self._side_by_side(source, records)
                due = time.monotonic() > commit_due
                if handled or due:
                    await asyncio.to_thread(source.done)
                if due:
                    commit_due = time.monotonic() + COMMIT_EVERY_S
                    for place, lag in (await asyncio.to_thread(source.ahead)).items():
                        metrics.LAG.labels(place.topic, place.partition).set(lag)

    async def _side_by_side(self, source: Facts, records: Records) -> int:
        """Handle every partition's messages; an error ends them all before it is told, for they are read again then."""
        try:
            async with asyncio.TaskGroup() as tasks:
                handled = [tasks.create_task(self._in_order(source, *found)) for found in records.items()]
        except ExceptionGroup as errors:  # callers know single errors: Stopped ends the process, KafkaError starts over
            raise errors.exceptions[0] from errors
        return sum(task.result() for task in handled)

    async def _in_order(self, source: Facts, place: TopicPartition, records: Sequence[ConsumerRecord]) -> int:
        """Handle the facts of one partition's messages; gives how many there were."""
        handled = 0
        for record in records:
            for number, found in facts(record.value):
                handled += 1
                failure = await self._failure(found)
                if failure:
                    letter = DeadLetter(
                        reason=failure.reason,
                        topic=place.topic,
                        partition=place.partition,
                        offset=record.offset,
                        line_no=number,
                        attempts=failure.attempts,
                        consumer=GROUP,
                        failed_at=datetime.now(UTC),
                        line=as_text(record.value.split(b"\n")[number]),
                    )
                    await self._set_aside(source, letter)
        return handled

    async def _failure(self, found: Envelope | Undecodable) -> Failure | None:
        if isinstance(found, Undecodable):
            return Failure(found.reason, 1)
        try:
            await self._handler.handle(found)
        except UnhandledError as error:
            return Failure(str(error), error.attempts)
        return None

    async def _set_aside(self, source: Facts, letter: DeadLetter) -> None:
        log.error("dead letter", id=letter.id, reason=letter.reason)
        metrics.SET_ASIDE.inc()
        await asyncio.to_thread(source.set_aside, letter)
