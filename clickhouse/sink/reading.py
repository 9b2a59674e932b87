"""Reads messages into groups of one event each, fast; what cannot be read that way is read line by line."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any

import msgspec

from clickhouse.sink.shapes import Head, payloads_decoder
from streams.events.codec import Undecodable, decode_line, decode_message, encode
from streams.events.progress import ProgressMarked
from streams.events.registry import EVENTS

_heads = msgspec.json.Decoder(Head)
_kind = attrgetter("event", "version")
_MARK = (ProgressMarked.name, ProgressMarked.version)


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message of the log: the domain's topic (without any prefix), its place, and its lines."""

    topic: str
    partition: int
    offset: int
    body: bytes


class Letter(msgspec.Struct, frozen=True):
    """A line that is to go to the dead letters, with its place and the reason."""

    topic: str
    partition: int
    offset: int
    line_no: int
    reason: str
    line: bytes


class Group(msgspec.Struct):
    """Lines of one event and version: heads, payloads and, column by column, their places."""

    heads: list[Head] = msgspec.field(default_factory=list)
    payloads: list[Any] = msgspec.field(default_factory=list)
    topics: list[str] = msgspec.field(default_factory=list)
    partitions: list[int] = msgspec.field(default_factory=list)
    offsets: list[int] = msgspec.field(default_factory=list)
    line_nos: list[int] = msgspec.field(default_factory=list)

    def add(self, message: Message, heads: list[Head], line_nos: Sequence[int]) -> None:
        """Append lines of one message."""
        count = len(heads)
        self.heads += heads
        self.topics.extend(repeat(message.topic, count))
        self.partitions.extend(repeat(message.partition, count))
        self.offsets.extend(repeat(message.offset, count))
        self.line_nos.extend(line_nos)

    def only(self, keep: list[int]) -> "Group":
        """The lines at some indexes."""
        return Group(*([column[i] for i in keep] if column else [] for column in msgspec.structs.astuple(self)))

    def places(self) -> Iterator[tuple[str, int, int, int]]:
        """Topic, partition, offset and line of each."""
        return zip(self.topics, self.partitions, self.offsets, self.line_nos, strict=True)

    def letter(self, index: int, reason: str) -> Letter:
        """One of the lines as a dead letter."""
        place = self.topics[index], self.partitions[index], self.offsets[index], self.line_nos[index]
        return Letter(*place, reason, msgspec.json.encode(self.heads[index]))


Groups = dict[tuple[str, int], Group]
Fresh = Callable[[list[tuple[Message, list[Head]]]], list[list[int] | None]]


def read(messages: Iterable[Message], fresh: Fresh | None = None) -> tuple[Groups, list[Letter]]:
    """Group the lines of some messages by event and version; undecodable ones come as letters.

    `fresh` gives, per message, the indexes of the lines that have not been read before, or None for all of them.
    """
    groups: Groups = defaultdict(Group)
    letters: list[Letter] = []
    opened = [(message, *_opened(message, letters)) for message in messages]
    keeps = fresh([(message, heads) for message, heads, _ in opened]) if fresh else repeat(None)
    for (message, heads, line_nos), keep in zip(opened, keeps, strict=False):
        if keep is None:
            _place(message, heads, line_nos, groups)
        else:
            _place(message, [heads[i] for i in keep], [line_nos[i] for i in keep], groups)
    return {key: group for key, group in _decoded(groups, letters) if group.heads}, letters


def _opened(message: Message, letters: list[Letter]) -> tuple[list[Head], Sequence[int]]:
    try:
        return _quick(message.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        return _careful(message, letters)


def _quick(body: bytes) -> tuple[list[Head], Sequence[int]]:
    heads = _heads.decode_lines(body)
    if len(heads) != body.count(b"\n") + 1:
        raise ValueError("a blank line moves the numbers of the others")
    if set(map(_kind, heads)) - EVENTS.keys():
        raise ValueError("an unknown event")
    return heads, range(len(heads))


def _careful(message: Message, letters: list[Letter]) -> tuple[list[Head], list[int]]:
    heads: list[Head] = []
    line_nos: list[int] = []
    for number, read_line in decode_message(message.body):
        if isinstance(read_line, Undecodable):
            place = message.topic, message.partition, message.offset, number
            letters.append(Letter(*place, read_line.reason, read_line.line))
        else:
            heads.append(_heads.decode(encode(read_line)))
            line_nos.append(number)
    return heads, line_nos


def _place(message: Message, heads: list[Head], line_nos: Sequence[int], groups: Groups) -> None:
    kinds = set(map(_kind, heads))
    if len(kinds) == 1:
        groups[kinds.pop()].add(message, heads, line_nos)
        return
    apart: dict[tuple[str, int], tuple[list[Head], list[int]]] = {kind: ([], []) for kind in kinds}
    for head, number in zip(heads, line_nos, strict=True):
        mine = apart[head.event, head.version]
        mine[0].append(head)
        mine[1].append(number)
    for kind, (some, numbers) in apart.items():
        groups[kind].add(message, some, numbers)


def _decoded(groups: Groups, letters: list[Letter]) -> Iterator[tuple[tuple[str, int], Group]]:
    for kind, group in groups.items():
        try:
            group.payloads = _payloads(kind, group.heads)
            yield kind, group
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
            yield kind, readable(kind, group, letters)


def _payloads(kind: tuple[str, int], heads: list[Head]) -> list[Any]:
    return payloads_decoder(*kind).decode(b"[" + b",".join([head.payload for head in heads]) + b"]")


def readable(kind: tuple[str, int], group: Group, letters: list[Letter]) -> Group:
    """The lines of a group that the strict codec reads, written as it writes them; the others become letters."""
    keep = []
    for index, head in enumerate(group.heads):
        try:
            strict = decode_line(msgspec.json.encode(head))
            group.heads[index] = _heads.decode(encode(strict))
            keep.append(index)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, KeyError) as error:
            letters.append(group.letter(index, f"undecodable: {error}"))
    kept = group.only(keep)
    kept.payloads = _payloads(kind, kept.heads) if keep else []
    return kept


def split_marks(groups: Groups) -> Group | None:
    """Take the progress marks out of the groups: they are no facts and land after everything else."""
    return groups.pop(_MARK, None)
