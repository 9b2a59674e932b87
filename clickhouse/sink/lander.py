"""Takes over partitions and lands messages, one cut after another: everything of the sink that knows no Faust."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import stamina
import structlog
from clickhouse_connect.driver.client import Client
from kafka.errors import KafkaError

from clickhouse.sink import cuts, reading, repeats, rows
from clickhouse.sink.cuts import Cut, Partition
from clickhouse.sink.letters import Post, land_letters
from clickhouse.sink.log import Log, LogError
from clickhouse.sink.reading import Letter, Message
from clickhouse.sink.writer import Batch, Writer
from streams.events.registry import DEAD_LETTER_TOPIC

log = structlog.get_logger()

# Clocks of the machines that stamp events and cuts may differ by this much.
CLOCKS = timedelta(seconds=60)


class Prepared(msgspec.Struct):
    """Messages read and packed: the batch of their cut, lines that cannot be landed, dead letters to land."""

    batch: Batch
    letters: list[Letter]
    dead: list[Message]


class Lander:
    """Lands what it is given exactly once; `prepare` and `land` may run in two threads, each in one at a time."""

    def __init__(self, connect: Callable[[], Client], source: Log, post: Post) -> None:
        self.writer, self._reader = Writer(connect), Writer(connect)
        self.repeats = repeats.Repeats(self._landed_before)
        self._log, self._post = source, post
        self._epoch = 0
        self._number = 0

    def take_over(self, partitions: set[Partition]) -> dict[Partition, int]:
        """Claim partitions and finish what was begun in them; gives the next offset of each."""
        found: list[Cut] = []
        self.writer.persist(lambda: self._claim(partitions))
        self.writer.persist(lambda: found.extend(cuts.last_noted(self.writer.client, partitions)))
        bounds = self._log.bounds(partitions)
        for cut in cuts.unproven(found):
            self._finish(cut, bounds)
        self._remember(found)
        return {place: self._next(place, cuts.positions(found).get(place, 0), *bounds[place]) for place in partitions}

    def prepare(self, messages: list[Message]) -> Prepared:
        """Read and pack messages, whose offsets follow one another in each partition, as the next cut."""
        self._number += 1
        spans: dict[Partition, list[int]] = {}
        for message in messages:
            spans.setdefault((message.topic, message.partition), []).append(message.offset)
        cut = Cut(self._epoch, self._number, {place: (min(some), max(some)) for place, some in spans.items()})
        return self._packed(cut, messages)

    def land(self, prepared: Prepared) -> None:
        """Land a prepared cut; returns when its rows stand, its dead letters are in their topic."""
        self.writer.land(prepared.batch)
        self._settle_letters(prepared)

    def _packed(self, cut: Cut, messages: list[Message]) -> Prepared:
        events = [message for message in messages if message.topic != DEAD_LETTER_TOPIC]
        dead = [message for message in messages if message.topic == DEAD_LETTER_TOPIC]
        groups, letters = reading.read(events, self.repeats.fresh)
        marks = reading.split_marks(groups)
        packed, unlandable = rows.inserts(groups)
        return Prepared(Batch(cut, groups, packed, marks), letters + unlandable, dead)

    def _settle_letters(self, prepared: Prepared) -> None:
        if prepared.dead:
            self.writer.persist(lambda: land_letters(self.writer.client, prepared.dead))
        for attempt in stamina.retry_context(on=KafkaError, attempts=None, timeout=None, wait_max=5.0):
            with attempt:
                self._send_letters(prepared, attempt.num)

    def _send_letters(self, prepared: Prepared, tries: int) -> None:
        try:
            self._post.send(prepared.letters)
        except KafkaError as error:
            log.warning("dead letters cannot be written, trying again", tries=tries, error=str(error)[-200:])
            raise

    def _claim(self, partitions: set[Partition]) -> None:
        self._epoch = cuts.claim(self.writer.client, partitions)

    def _finish(self, cut: Cut, bounds: dict[Partition, cuts.Range]) -> None:
        held = {place: span for place, span in cut.ranges.items() if span[0] >= bounds[place][0]}
        if held != cut.ranges:
            log.warning("the log no longer holds a noted cut, it is taken as landed", cut=cut.prefix)
        if held:
            log.info("finishing the last noted cut", cut=cut.prefix, partitions=len(held))
            messages = self._log.read(held)
            self.repeats.begin(dict.fromkeys(held, repeats.ALWAYS))
            prepared = self._packed(Cut(cut.epoch, cut.number, held), messages)
            self.writer.finish(prepared.batch)
            self._settle_letters(prepared)

    def _remember(self, found: list[Cut]) -> None:
        noted: dict[Partition, datetime] = {}
        query = "SELECT topic, partition, max(noted_at) FROM sink_cuts GROUP BY topic, partition"
        self.writer.persist(
            lambda: noted.update({(t, p): at + CLOCKS for t, p, at in self.writer.client.query(query).result_rows})
        )
        self.repeats.begin({place: noted[place].isoformat()[: repeats.SECOND] for cut in found for place in cut.ranges})

    def _next(self, place: Partition, noted: int, first: int, last: int) -> int:
        if noted > last:
            raise LogError(
                f"ClickHouse has taken {place[0]}/{place[1]} up to {noted}, the log ends at {last}: it is another log"
            )
        if noted < first:
            log.warning("the log begins later than what was taken", topic=place[0], partition=place[1], first=first)
        return max(noted, first)

    def _landed_before(self, old: repeats.Opened) -> dict[tuple[str, int, str], int]:
        found: dict[tuple[str, int, str], int] = {}
        self._reader.persist(lambda: found.update(repeats.lowest_offsets(self._reader.client, old)))
        return found
