"""The topic of dead letters, for people: what was set aside, and putting a line back once it can be read."""

from collections.abc import Iterator
from contextlib import closing

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

import streams.checksums  # noqa: F401 - checksums in C
from streams.events.codec import decode_line
from streams.events.dead_letters import REPLAY_HEADER, DeadLetter, as_text, decode_letters, letter_messages, together
from streams.events.partitions import PARTITIONS
from streams.events.registry import DEAD_LETTER_TOPIC
from streams.topics import MAX_MESSAGE_BYTES, RETENTION_MS

replace = msgspec.structs.replace

TIMEOUT_MS = 10_000


class Refused(ValueError):  # noqa: N818 - the reason is the name
    """A letter cannot be replayed; the message says why."""


class Post:
    """Reads the dead letters and replays them. Its methods block; KafkaError when the log does not answer."""

    def __init__(self, bootstrap: str, prefix: str = "") -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix

    def letters(self) -> list[DeadLetter]:
        """One letter per line and consumer, the newest last; repeated ones are added up as attempts."""
        places = [TopicPartition(self._prefix + DEAD_LETTER_TOPIC, number) for number in range(PARTITIONS)]
        known: dict[tuple[str, str], DeadLetter] = {}
        for body in self._bodies(places):
            for letter in decode_letters(body):
                before = known.pop((letter.id, letter.consumer), None)
                known[letter.id, letter.consumer] = together(before, letter) if before else letter
        return sorted(known.values(), key=lambda letter: str(letter.failed_at))

    def line(self, letter: DeadLetter) -> bytes:
        """The bytes of the line, from where it stands; Refused when the log does not keep them, or never did."""
        if letter.topic.removeprefix(self._prefix) not in RETENTION_MS:
            raise Refused(
                f"{letter.id}: it came from outside, the log holds this letter alone; its sender can send it again"
            )
        place = TopicPartition(self._topic(letter), letter.partition)
        body = next(self._bodies([place], letter.offset), None)
        lines = body.split(b"\n") if body is not None else []
        if letter.line_no >= len(lines):
            raise Refused(f"{letter.id}: the line does not stand in the log any more")
        return lines[letter.line_no]

    def replay(self, letter: DeadLetter) -> str:
        """Append the line to the partition it came from, marked as a replay; gives the new place.

        Only consumers that set the line aside take it, and each takes one replay of it. Refused when the line still
        cannot be read, or has been replayed.
        """
        line = self._readable(letter)
        with closing(self._producer()) as producer:
            headers = [(REPLAY_HEADER, letter.id.encode())]
            sent = producer.send(self._topic(letter), line, partition=letter.partition, headers=headers)
            place = f"{letter.topic}-{letter.partition}-{sent.get(timeout=TIMEOUT_MS / 1000).offset}"
            told = [replace(one, replayed_as=place) for one in self.letters() if one.id == letter.id]
            for body in letter_messages(told):
                producer.send(self._prefix + DEAD_LETTER_TOPIC, body).get(timeout=TIMEOUT_MS / 1000)
        return place

    def _readable(self, letter: DeadLetter) -> bytes:
        if letter.replayed_as:
            raise Refused(f"{letter.id}: has been replayed as {letter.replayed_as}, and nobody takes it twice")
        line = self.line(letter)
        try:
            decode_line(line)
        except KeyError as error:
            raise Refused(f"{letter.id}: unknown event {error.args[0]}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Refused(f"{letter.id}: still undecodable: {error}; {as_text(line)[:200]}") from error
        return line

    def _producer(self) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self._bootstrap, acks="all", max_request_size=MAX_MESSAGE_BYTES, metrics_enabled=False
        )

    def _topic(self, letter: DeadLetter) -> str:
        return self._prefix + letter.topic.removeprefix(self._prefix)

    def _bodies(self, places: list[TopicPartition], start: int | None = None) -> Iterator[bytes]:
        """The messages of the places from their first one, or from `start`, to their present end."""
        consumer = KafkaConsumer(
            bootstrap_servers=self._bootstrap, group_id=None, enable_auto_commit=False, auto_offset_reset="none",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES, metrics_enabled=False,
        )  # fmt: skip
        try:
            consumer.assign(places)
            firsts, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
            for place in places:
                consumer.seek(place, max(start or 0, firsts[place]))
            while any(consumer.position(place) < ends[place] for place in places):
                for messages in consumer.poll(timeout_ms=500).values():
                    yield from (message.value for message in messages)
        finally:
            consumer.close()
