"""Lands a cut exactly once: by tokens while all is well, by counting what stands after anything broke."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import msgspec
import stamina
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from clickhouse.client import one
from clickhouse.sink.cuts import Cut, note
from clickhouse.sink.proof import complete_marts
from clickhouse.sink.reading import Group, Groups
from clickhouse.sink.rows import Insert, inserts, marks_insert

log = structlog.get_logger()

SETTINGS = {"async_insert": 0, "deduplicate_insert": "enable", "deduplicate_blocks_in_dependent_materialized_views": 1}
BROKEN = (ClickHouseError, OSError)
LEFTOVER_SECONDS = 120
INSERTS_AT_ONCE = 2


class Batch(msgspec.Struct):
    """A cut with its rows, packed: the groups they came from, one insert a table, and the progress marks."""

    cut: Cut
    groups: Groups
    inserts: list[Insert]
    marks: Group | None


class Writer:
    """Lands batches one after another over one connection, which it renews after a failure."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._inserting = ThreadPoolExecutor(INSERTS_AT_ONCE, thread_name_prefix="insert")

    @property
    def client(self) -> Client:
        """The connection; made when it is asked for after a failure."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def land(self, batch: Batch) -> None:
        """Note the cut, then insert its rows. Whatever ClickHouse does meanwhile, the rows stand once at the end."""
        self.persist(lambda: note(self.client, batch.cut))
        try:
            self._insert_all(batch)
            self._mark(batch)
        except BROKEN as error:
            log.warning("landing broke, finishing the cut", cut=batch.cut.prefix, error=str(error)[:300])
            self.finish(batch)

    def finish(self, batch: Batch) -> None:
        """Bring a cut that may stand in part to stand in whole, views included; repeats until it does."""
        self.persist(lambda: self._finish(batch))

    def persist(self, step: Callable[[], None]) -> None:
        """Do a repeatable step until ClickHouse lets it through, with back-off."""
        for attempt in stamina.retry_context(on=BROKEN, attempts=None, timeout=None, wait_initial=0.1, wait_max=5.0):
            with attempt:
                try:
                    step()
                except BROKEN as error:
                    self._client = None
                    log.warning("ClickHouse failed, trying again", tries=attempt.num, error=str(error)[-200:])
                    raise

    def _finish(self, batch: Batch) -> None:
        self._await_leftovers(batch.cut)
        for insert in batch.inserts:
            self._complete(batch, insert)
        complete_marts(self.client, batch.cut, [insert.table for insert in batch.inserts])
        self._mark(batch)

    def _await_leftovers(self, cut: Cut) -> None:
        """An insert whose sink died may still be running in the server; counting has to wait for it."""
        running = (
            "SELECT count() FROM system.processes "
            "WHERE startsWith(Settings['insert_deduplication_token'], {prefix:String})"
        )
        for attempt in stamina.retry_context(on=LeftoverError, attempts=None, timeout=LEFTOVER_SECONDS, wait_max=1.0):
            with attempt:
                if one(self.client, running, {"prefix": cut.prefix})[0]:
                    raise LeftoverError(cut.prefix)

    def _complete(self, batch: Batch, insert: Insert) -> None:
        landed = self._landed(batch.cut, insert.table)
        if landed == insert.rows:
            return
        if not landed:
            self._insert(insert, batch.cut.token(insert.table))
        # The engine may hold the token of a batch that it lost when it was killed: rows that still miss go in under
        # another token, which a repeat of this step finds counted.
        landed = self._landed(batch.cut, insert.table)
        if landed > insert.rows:
            raise DoubledError(f"{insert.table} has {landed} rows of {batch.cut.prefix}, the log has {insert.rows}")
        if landed < insert.rows:
            log.warning("rows were lost by the server, landing them again", table=insert.table, landed=landed)
            self._insert(self._missing(batch, insert), f"{batch.cut.token(insert.table)}-again-{landed}")

    def _missing(self, batch: Batch, insert: Insert) -> Insert:
        query = f"SELECT topic, partition, offset, line_no FROM {insert.table} WHERE {batch.cut.condition()}"  # noqa: S608 - names and numbers of ours
        present = set(map(tuple, self.client.query(query).result_rows))
        groups = {
            kind: group.only([i for i, place in enumerate(group.places()) if place not in present])
            for kind, group in batch.groups.items()
        }
        rest, _ = inserts({kind: group for kind, group in groups.items() if group.heads})
        return next(found for found in rest if found.table == insert.table)

    def _landed(self, cut: Cut, table: str) -> int:
        query = f"SELECT count() FROM {table} WHERE {cut.condition()}"  # noqa: S608 - names and numbers of ours
        return int(one(self.client, query)[0])

    def _insert_all(self, batch: Batch) -> None:
        """Side by side, for most of an insert is waiting; returns or raises only when none is running any more."""
        client = self.client
        running = [
            self._inserting.submit(_insert, client, insert, batch.cut.token(insert.table)) for insert in batch.inserts
        ]
        wait(running)
        for done in running:
            done.result()

    def _insert(self, insert: Insert, token: str) -> None:
        _insert(self.client, insert, token)

    def _mark(self, batch: Batch) -> None:
        """Last of all: what a mark says is complete has landed."""
        if batch.marks is not None:
            marks = marks_insert(batch.marks)
            self.client.raw_insert(marks.table, marks.columns, marks.body, settings={"async_insert": 0}, fmt="Native")


def _insert(client: Client, insert: Insert, token: str) -> None:
    settings = {**SETTINGS, "insert_deduplication_token": token}
    client.raw_insert(insert.table, insert.columns, insert.body, settings=settings, fmt="Native")


class LeftoverError(RuntimeError):
    """An insert of a sink that died is still running."""


class DoubledError(RuntimeError):
    """Rows stand twice: nothing may be repaired by adding any more."""
