"""What stands in the log twice: a producer that was not sure whether its line had arrived writes it again.

Sums remember the position up to which they have taken a partition; that guards what is read twice, not what was
written twice. Such a copy is known by its event's id, among the newest of its partition.
"""

from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from aiokafka import TopicPartition

from streams.changelog import reader
from streams.events import Envelope
from streams.events.ledger import JournalPosted
from streams.events.reviews import CommentCreated, CommentDeleted, RatingAdded, RatingDeleted, RatingUpdated
from streams.events.tracking import ClickTracked
from streams.reading import Place, read_message

SUMMED = (
    JournalPosted, ClickTracked, RatingAdded, RatingUpdated, RatingDeleted, CommentCreated, CommentDeleted,
)  # fmt: skip
"""Events that are added to something, so that a copy would count; of others the rows know the last sequence."""
TOPICS = frozenset(event.topic for event in SUMMED)
_NAMES = frozenset(event.name for event in SUMMED)
REMEMBERED = 20_000
"""Ids a partition."""
RECALLED = 100
"""Messages a partition whose ids are read again at a start: whoever ends with the worker repeats its last ones."""

Recall = Callable[[str, int, int], Awaitable[list[UUID]]]
"""Ids that stand before an offset of a topic's partition, oldest first."""


class Repeats:
    """The newest ids of each partition. Pure."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], OrderedDict[UUID, None]] = {}

    def forget(self) -> None:
        """Begin anew: partitions are read again from what was acknowledged."""
        self._known = {}

    def learn(self, topic: str, partition: int, ids: Iterable[UUID]) -> None:
        """Remember what stands before the first message that is read."""
        self._known[topic, partition] = OrderedDict.fromkeys(ids)

    def is_new(self, found: Envelope, place: Place) -> bool:
        """Whether an event is no copy of one that is remembered; from now on it is."""
        if not isinstance(found.payload, SUMMED):
            return True
        known = self._known.setdefault((place.topic, place.partition), OrderedDict())
        if found.event_id in known:
            return False
        known[found.event_id] = None
        if len(known) > REMEMBERED:
            known.popitem(last=False)
        return True


async def recall(bootstrap: str, topic: str, partition: int, offset: int) -> list[UUID]:
    """The ids of the last messages before an offset, oldest first."""
    place = TopicPartition(topic, partition)
    bodies: deque[bytes] = deque(maxlen=RECALLED)
    async with reader(bootstrap) as consumer:
        consumer.assign([place])
        earliest = (await consumer.beginning_offsets([place]))[place]
        consumer.seek(place, max(earliest, offset - RECALLED))
        while await consumer.position(place) < offset:
            for messages in (await consumer.getmany(timeout_ms=500)).values():
                bodies.extend(message.value or b"" for message in messages if message.offset < offset)
    return list(_ids(bodies))[-REMEMBERED:]


def _ids(bodies: Iterable[bytes]) -> Iterable[UUID]:
    for body in bodies:
        for _, line in read_message(body, _NAMES):
            if isinstance(line, Envelope):
                yield line.event_id
