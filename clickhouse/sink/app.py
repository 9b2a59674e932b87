"""The sink's process: Faust gives it its partitions and their messages, `flow` lands them."""

import asyncio
import os
import sys
from typing import Any

import faust
import structlog
from faust.types import TP
from stamina.instrumentation import set_on_retry_hooks

from clickhouse import client
from clickhouse.settings import SinkSettings
from clickhouse.sink.changelogs import Follower
from clickhouse.sink.cuts import Partition
from clickhouse.sink.flow import Flow
from clickhouse.sink.lander import Lander
from clickhouse.sink.letters import Post
from clickhouse.sink.log import Log
from clickhouse.sink.reading import Message
from clickhouse.sink.status import Status
from streams import logs
from streams.diskless import App
from streams.events import TOPICS
from streams.topics import MAX_MESSAGE_BYTES

log = structlog.get_logger()

SWITCH_SECONDS = 0.0005
"""Packing one cut must not hold up the landing of the other: by default a thread waits 5 ms for each of its steps."""
CHATTY = ("urllib3", "clickhouse_connect", "kafka", "aiokafka")
"""Libraries whose complaints are dropped: the sink says itself what it waits for."""


class FaustArrival:
    """A Faust event as the flow sees it."""

    def __init__(self, event: Any, prefix: str) -> None:
        self._event = event
        kafka = event.message
        self.message = Message(kafka.topic.removeprefix(prefix), kafka.partition, kafka.offset, kafka.value)

    def ack(self) -> None:
        """Let the group's offset pass this message."""
        self._event.ack()


def application(settings: SinkSettings) -> faust.App:
    """Faust with what is measured to be right for batches: no tables, no web server, quick takeover after a kill."""
    return App(
        f"{settings.topic_prefix}sink",
        broker=f"kafka://{settings.kafka_bootstrap}",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        key_serializer="raw",
        value_serializer="raw",
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=MAX_MESSAGE_BYTES,
        consumer_group_instance_id=settings.instance,
        broker_session_timeout=8.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=1.0,
        stream_buffer_maxsize=256,
        stream_wait_empty=False,
        worker_redirect_stdouts=False,
    )


def wire(app: Any, settings: SinkSettings, status: Status) -> list[Any]:
    """Connect Faust's topics and rebalances to a flow; keep what is returned, Faust holds some of it weakly."""
    where, prefix = settings.kafka_bootstrap, settings.topic_prefix

    async def seek(place: Partition, offset: int) -> None:
        await app.consumer.seek(TP(prefix + place[0], place[1]), offset)

    flow = Flow(Lander(client.sink, Log(where, prefix), Post(where, prefix)), status, seek)
    topic = app.topic(*(prefix + name for name in TOPICS), value_type=bytes)

    async def take(stream: Any) -> None:
        async for event in stream.noack().events():
            await flow.put(FaustArrival(event, prefix))

    async def assigned(_: Any, partitions: set[TP], **__: Any) -> None:
        await flow.assigned((tp.topic.removeprefix(prefix), tp.partition) for tp in partitions)

    async def revoked(_: Any, __: set[TP], **___: Any) -> None:
        await flow.revoked()

    async def land() -> None:
        await _or_exit(flow)

    app.on_partitions_assigned.connect(assigned)
    app.on_partitions_revoked.connect(revoked)
    return [app.agent(topic, concurrency=1)(take), assigned, revoked, app.task(land)]


async def _or_exit(flow: Flow) -> None:
    """An error here is one that no retry mends: stop at once, the next start finishes what was begun."""
    try:
        await flow.run()
    except asyncio.CancelledError:
        raise
    except BaseException:
        log.exception("the sink stops")
        os._exit(1)


def main() -> None:
    """Land the log until SIGTERM."""
    sys.setswitchinterval(SWITCH_SECONDS)
    logs.configure("sink", silent=CHATTY)
    set_on_retry_hooks([])
    settings, status = SinkSettings(), Status()
    status.serve(settings.port)
    Follower(settings.kafka_bootstrap, settings.topic_prefix, client.sink, status).start()
    app = application(settings)
    held = wire(app, settings, status)
    worker = faust.Worker(app, loglevel="WARN", quiet=True, override_logging=False, redirect_stdouts=False)
    log.info("the sink starts", parts=len(held))
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
