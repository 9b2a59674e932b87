"""Which signals already stand in the log, so that a worker that died after writing one does not write it again."""

from collections.abc import Iterable
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.changelog import reader
from streams.events import Envelope
from streams.events.codec import decode_header
from streams.events.partitions import PARTITIONS

MARGIN_MS = 60_000

log = structlog.get_logger()


class Signalled:
    """Ids of the signals that follow from messages which may be read a second time.

    A signal is written after the message that caused it arrived, so everything that could repeat stands in the signal
    topic at or after the arrival of the first message that is read again.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._since: float | None = None
        self._ids: set[UUID] = set()

    async def learn(self, arrived_ms: float) -> None:
        """Read the signals that may follow from a message that arrived at that moment, or from a later one.

        Of what becomes due by itself the moment is when it was: nothing is told before.
        """
        since = arrived_ms - MARGIN_MS
        if self._since is None or since < self._since:
            self._since = since
            async with reader(self._bootstrap) as consumer:
                self._ids |= await _ids_since(consumer, self._topic, int(since))
            log.info("signals known", signals=len(self._ids))

    def forget(self) -> None:
        """Begin anew: what this process wrote itself may be read and follow again."""
        self._since, self._ids = None, set()

    def knows(self, event_id: UUID) -> bool:
        """Whether a signal stands in the part of the log that was read."""
        return event_id in self._ids

    def missing(self, signals: Iterable[Envelope]) -> list[Envelope]:
        """Those that do not stand in the log yet."""
        return [signal for signal in signals if signal.event_id not in self._ids]


async def _ids_since(consumer: AIOKafkaConsumer, topic: str, since_ms: int) -> set[UUID]:
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    starts = await consumer.offsets_for_times(dict.fromkeys(places, max(since_ms, 0)))
    ends = await consumer.end_offsets(places)
    open_places = {place for place in places if starts[place] is not None and starts[place].offset < ends[place]}
    for place in places:
        consumer.seek(place, starts[place].offset if place in open_places else ends[place])
    found: set[UUID] = set()
    while open_places:
        for messages in (await consumer.getmany(timeout_ms=500)).values():
            for message in messages:
                found |= {decode_header(line).event_id for line in message.value.split(b"\n") if line}
        open_places = {place for place in open_places if await consumer.position(place) < ends[place]}
    return found
