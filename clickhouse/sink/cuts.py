"""The sink's place in the log, kept in ClickHouse itself: cuts noted before they are landed, and who may land them."""

import time
from collections import defaultdict
from collections.abc import Iterable

import msgspec
from clickhouse_connect.driver.client import Client

from clickhouse.client import one

Partition = tuple[str, int]
Range = tuple[int, int]
NOTED = {
    "topic": "LowCardinality(String)", "partition": "UInt16", "epoch": "UInt64", "cut": "UInt64",
    "first_offset": "Int64", "last_offset": "Int64",
}  # fmt: skip
"""Columns of `sink_cuts` as they are written; told to the client, which would ask for them before each insert."""


class Cut(msgspec.Struct, frozen=True):
    """The offsets (first, last) of one flush, per topic and partition; `number` counts up within an epoch."""

    epoch: int
    number: int
    ranges: dict[Partition, Range]

    def token(self, table: str) -> str:
        """Names the insert of this cut into a table: ClickHouse drops a second one of the same name."""
        return f"{self.prefix}{table}"

    @property
    def prefix(self) -> str:
        """What all tokens of this cut begin with."""
        return f"cut-{self.epoch}-{self.number}-"

    def condition(self) -> str:
        """SQL: rows that stand in this cut."""
        return " OR ".join(
            f"(topic = '{topic}' AND partition = {partition} AND offset BETWEEN {first} AND {last})"
            for (topic, partition), (first, last) in sorted(self.ranges.items())
        )


class SupersededError(RuntimeError):
    """A younger sink has taken over a partition of ours."""


def note(client: Client, cut: Cut) -> None:
    """Write down a cut before it is landed; SupersededError when a younger sink owns one of its partitions."""
    rows = [[*place, cut.epoch, cut.number, *span] for place, span in cut.ranges.items()]
    client.insert("sink_cuts", rows, column_names=list(NOTED), column_type_names=list(NOTED.values()))
    younger = client.query(
        "SELECT topic, partition FROM sink_claims WHERE epoch > {epoch:UInt64}", {"epoch": cut.epoch}
    ).result_rows
    if lost := sorted(set(map(tuple, younger)) & cut.ranges.keys()):
        raise SupersededError(f"a younger sink has taken {lost[0][0]}/{lost[0][1]}")


def claim(client: Client, partitions: Iterable[Partition]) -> int:
    """Become the youngest sink of some partitions; gives the epoch."""
    present = one(client, "SELECT max(epoch) FROM sink_claims")[0]
    epoch = max(present + 1, time.time_ns() // 1_000_000)
    rows = [[topic, partition, epoch] for topic, partition in partitions]
    client.insert("sink_claims", rows, column_names=["topic", "partition", "epoch"])
    return int(epoch)


def last_noted(client: Client, partitions: set[Partition]) -> list[Cut]:
    """The last noted cut of each partition, partitions of one cut together, the oldest cut first."""
    rows = client.query(
        "SELECT topic, partition, argMax((epoch, cut, first_offset, last_offset), (epoch, cut)) "
        "FROM sink_cuts GROUP BY topic, partition"
    ).result_rows
    cuts: dict[tuple[int, int], dict[Partition, Range]] = defaultdict(dict)
    for topic, partition, (epoch, number, first, last) in rows:
        if (topic, partition) in partitions:
            cuts[epoch, number][topic, partition] = (first, last)
    return [Cut(epoch, number, ranges) for (epoch, number), ranges in sorted(cuts.items())]


def unproven(cuts: list[Cut]) -> list[Cut]:
    """The last cut of each epoch: a sink notes its next cut only after the one before has landed."""
    return list({cut.epoch: cut for cut in cuts}.values())


def positions(cuts: list[Cut]) -> dict[Partition, int]:
    """The next offset of each partition that has been noted."""
    return {place: last + 1 for cut in cuts for place, (_, last) in cut.ranges.items()}
