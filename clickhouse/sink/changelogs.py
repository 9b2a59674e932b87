"""Keeps the newest value of every stream table in ClickHouse, read from the changelogs that the worker writes.

Changelogs are compacted and have no cuts: a value replaces an older one by its offset, so landing it again is harmless.
"""

import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from kafka import KafkaConsumer
from kafka.errors import KafkaError

from clickhouse.sink.status import Status

log = structlog.get_logger()

SUFFIX = "-changelog"
WORKER = "worker-"
EVERY_SECONDS = 2.0
LOOK_FOR_TOPICS_MS = 10_000
OUTAGES = (KafkaError, ClickHouseError, OSError)
COLUMNS = ["table", "key", "value", "partition", "offset", "deleted", "changed_at"]


class Follower(threading.Thread):
    """Reads all changelogs under a prefix in a thread of its own, also those that appear later."""

    def __init__(self, bootstrap: str, prefix: str, connect: Callable[[], Client], status: Status) -> None:
        super().__init__(daemon=True, name="changelogs")
        self._servers, self._prefix, self._connect, self._status = bootstrap, prefix, connect, status
        self._stopping = threading.Event()

    def run(self) -> None:
        """Follow until stopped. Whatever goes wrong is tried again: landing in the same process goes on."""
        while not self._stopping.is_set():
            try:
                self._follow()
            except Exception as error:  # a thread that ends unseen is worse than one that fails aloud again and again
                self._status.changelog_failures.inc()
                log.warning("changelogs wait", error=str(error)[-200:], exc_info=not isinstance(error, OUTAGES))
                self._stopping.wait(EVERY_SECONDS)

    def stop(self) -> None:
        """End, once what is being written is written."""
        self._stopping.set()
        self.join()

    def _follow(self) -> None:
        consumer = KafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=f"{self._prefix}sink-changelogs",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=20_000,
            metadata_max_age_ms=LOOK_FOR_TOPICS_MS,
        )
        try:
            consumer.subscribe(pattern=f"^{re.escape(self._prefix)}{WORKER}.*{SUFFIX}$")
            client = self._connect()
            while not self._stopping.is_set():
                records = [record for some in consumer.poll(timeout_ms=1000).values() for record in some]
                if records:
                    client.insert("stream_tables_state", self._rows(records), column_names=COLUMNS)
                    consumer.commit()
                self._status.followed()
                self._stopping.wait(EVERY_SECONDS)
        finally:
            consumer.close()

    def _rows(self, records: Iterable[Any]) -> list[list[Any]]:
        newest = {(record.topic, record.key): record for record in records}
        return [
            [
                record.topic.removeprefix(self._prefix + WORKER).removesuffix(SUFFIX),
                (record.key or b"").decode("utf-8", "backslashreplace"),
                (record.value or b"").decode("utf-8", "backslashreplace"),
                record.partition,
                record.offset,
                int(record.value is None),
                datetime.fromtimestamp(record.timestamp / 1000, UTC),
            ]
            for record in newest.values()
        ]
