"""The worker process: Faust reads the log and restores the tables; everything else hangs on it here.

One process reads all partitions: stock, catalogue and sales of a product are joined in its memory.
"""

import logging
import os
from datetime import timedelta
from functools import partial
from typing import Any, cast

import faust
import structlog
from faust.types import TP, StreamT

from streams import changelog, logs, repeats
from streams.appender import Appender
from streams.cached import Cached
from streams.clock import Clock
from streams.contiguous import Contiguous, GapError, Place
from streams.diskless import App
from streams.events.partitions import PARTITIONS
from streams.events.registry import SIGNAL_TOPIC
from streams.reducers import SOURCES, Reducers
from streams.search.index import Index
from streams.search.publisher import SearchPublisher
from streams.settings import WorkerSettings
from streams.signalled import Signalled
from streams.views import search_index
from streams.watch import Rules
from streams.web import add_pages
from streams.worker import Worker

APP = "worker"
GAP_EXIT = 70
CHANGELOG_CONFIG = {"segment.bytes": str(4 * 1024 * 1024), "min.cleanable.dirty.ratio": "0.2"}

log = structlog.get_logger()


def build(settings: WorkerSettings) -> faust.App:
    """The Faust app with its tables, its one agent and its pages."""
    app = _app(settings)
    appender = Appender(settings.kafka_bootstrap)
    signalled = Signalled(settings.kafka_bootstrap, settings.topic_prefix + SIGNAL_TOPIC)
    starts = Starts(app, settings.topic_prefix)
    offsets = Contiguous(starts.first)
    recall = partial(repeats.recall, settings.kafka_bootstrap)
    changelogs = f"{app.conf.id}-{{}}-changelog"
    clock = Clock(partial(_is_behind, app, settings.topic_prefix, offsets))
    worker = Worker(
        settings.topic_prefix,
        changelogs,
        appender,
        reducers=Reducers(_rules(settings), clock, signalled.knows),
        signalled=signalled,
        recall=recall,
        offsets=offsets,
    )
    _declare_tables(app, worker)
    _follow_rebalances(app, worker, starts)
    _read(app, settings, worker, appender)
    _publish(app, settings, worker)
    add_pages(app, worker)
    return app


def _rules(settings: WorkerSettings) -> Rules:
    return Rules(
        cart_idle=timedelta(seconds=settings.cart_idle_s),
        order_patience=timedelta(seconds=settings.order_patience_s),
        carrier_day=timedelta(seconds=settings.carrier_day_s),
        price_factor=settings.price_factor,
    )


def _is_behind(app: faust.App, prefix: str, offsets: Contiguous, topic: str, partition: int) -> bool:
    """Whether messages of a partition wait to be taken."""
    place, consumer = TP(prefix + topic, partition), cast(Any, app.consumer)
    taken = offsets.next((place.topic, partition))
    end = consumer.highwater(place) if place in consumer.assignment() else None
    return taken is None or end is None or taken < end


def _app(settings: WorkerSettings) -> faust.App:
    return App(
        settings.topic_prefix + APP,
        broker=f"aiokafka://{settings.kafka_bootstrap}",
        store=changelog.URL,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        topic_disable_leader=True,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=8 * 1024 * 1024,
        consumer_group_instance_id="worker",
        broker_session_timeout=15.0,
        broker_heartbeat_interval=3.0,
        broker_rebalance_timeout=20.0,
        broker_commit_interval=1.0,
        stream_buffer_maxsize=64,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        web_bind="127.0.0.1",
        web_port=settings.web_port,
        worker_redirect_stdouts=False,
    )


def _declare_tables(app: faust.App, worker: Worker) -> None:
    for table in (*worker.reducers.tables, worker.reducers.progress.table):
        app.Table(
            table.name,
            partitions=PARTITIONS,
            key_type=bytes,
            value_type=bytes,
            help=table.says,
            extra_topic_configs=CHANGELOG_CONFIG,
        )


class Starts:
    """Where reading begins: after what was acknowledged, or at the first message that is still kept."""

    def __init__(self, app: faust.App, prefix: str) -> None:
        self._app = app
        self._topics = {prefix + name for name in SOURCES}
        self._earliest: dict[Place, int] = {}

    async def look(self) -> None:
        """Ask for the earliest offsets; only while no messages flow, for Faust asks one thing at a time."""
        places = [tp for tp in self._app.consumer.assignment() if tp.topic in self._topics]
        found = await self._app.consumer.earliest_offsets(*places)
        self._earliest = {(tp.topic, tp.partition): offset or 0 for tp, offset in found.items()}

    def first(self, place: Place) -> int:
        """The offset that is due first."""
        committed = cast(Any, self._app.consumer)._committed_offset.get(TP(*place))
        return max(committed or 0, self._earliest[place])


def _follow_rebalances(app: faust.App, worker: Worker, starts: Starts) -> None:
    def stored(name: str) -> tuple[dict[str, bytes], dict[str, int]]:
        store: Any = cast(Any, app.tables[name]).data
        values = {key.decode(): value for key, value in store.data.items()}
        return values, {key.decode(): partition for key, partition in store._key_partition.items()}

    async def begin(*_: object, **__: object) -> None:
        await starts.look()
        worker.load(stored)
        log.info("tables restored", keys={table.name: len(table) for table in worker.reducers.tables})

    async def end(*_: object, **__: object) -> None:
        worker.unload()

    app.on_rebalance_complete.connect(begin, weak=False)
    app.on_partitions_revoked.connect(end, weak=False)


def _read(app: faust.App, settings: WorkerSettings, worker: Worker, appender: Appender) -> None:
    topics = [settings.topic_prefix + name for name in SOURCES]
    source = app.topic(*topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    @app.agent(source, concurrency=1, name="facts")
    async def facts(stream: StreamT[bytes]) -> None:
        async for event in cast(Any, stream).noack().events():
            try:
                await worker.take(event)
            except GapError as gap:
                _stop_before(gap)

    @app.task  # type: ignore[untyped-decorator]
    async def flush() -> None:
        await appender.start()
        try:
            await worker.run()
        finally:
            await appender.stop()


def _publish(app: faust.App, settings: WorkerSettings, worker: Worker) -> None:
    index = Index(settings.meilisearch_url, settings.meilisearch_key, search_index(settings.topic_prefix))

    @app.task  # type: ignore[untyped-decorator]
    async def cached() -> None:
        await Cached(settings.redis_url, worker.reducers, worker.loaded).run()

    @app.task  # type: ignore[untyped-decorator]
    async def search() -> None:
        await SearchPublisher(index, worker.reducers, worker.loaded).run()


def _stop_before(gap: GapError) -> None:
    """End at once: nothing after the gap was acknowledged, so the next start reads the missing messages."""
    log.critical("messages are missing, the worker stops and resumes before them", gap=str(gap))
    logging.shutdown()
    os._exit(GAP_EXIT)


def main() -> None:
    """Run the worker until SIGTERM or SIGINT."""
    logs.configure(APP)
    app = build(WorkerSettings.model_validate({}))
    faust.Worker(app, loglevel="warning", override_logging=False, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
