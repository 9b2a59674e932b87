"""The relay's life: wait to lead, settle what a dead relay left, then publish, mark progress, and rest when idle."""

from contextlib import closing
from threading import Event
from typing import Protocol
from uuid import UUID

import stamina
import structlog
from kafka.errors import KafkaError
from psycopg import OperationalError

from api import ids
from api.relay import metrics
from api.relay.lines import Message, Row, event_ids, mark, messages
from api.relay.log import Publisher, Tail
from api.relay.pace import MANY, Pace, rest_s
from api.relay.store import Partition, Store
from streams.events import FACT_TOPICS
from streams.events.partitions import PARTITIONS

STANDBY_S = 0.2
WAITING_COUNTED = 1_000_000

log = structlog.get_logger()


class Connections(Protocol):
    """How a relay reaches its servers (`RelaySettings` is one)."""

    postgres_dsn: str
    kafka_bootstrap: str
    topic_prefix: str


class Relay:
    """Publishes the outbox until `stop` is set; survives the loss of either server by starting over."""

    def __init__(self, connections: Connections, stop: Event) -> None:
        self._to = connections
        self._stop = stop
        self._id: UUID = ids.new()
        self._pace = Pace()

    def run(self) -> None:
        """Run until stopped; after an error everything is opened anew, so that nothing is believed that may be old."""
        for attempt in stamina.retry_context(
            on=(OperationalError, KafkaError), attempts=None, timeout=None, wait_initial=0.2, wait_max=2.0
        ):
            with attempt:
                if not self._stop.is_set():
                    self._live()

    def _live(self) -> None:
        try:
            with closing(Store(self._to.postgres_dsn)) as store:
                self._serve(store)
        except (OperationalError, KafkaError) as error:
            log.warning("relay starts over", error=repr(error))
            raise
        finally:
            metrics.ACTIVE.set(0)

    def _serve(self, store: Store) -> None:
        while not store.lead():
            if self._stop.wait(STANDBY_S):
                return
        recover(store, self._to)
        metrics.ACTIVE.set(1)
        log.info("relay leads")
        with closing(Publisher(self._to.kafka_bootstrap, self._to.topic_prefix)) as publisher:
            while not self._stop.is_set():
                published = publish_batch(store, publisher)
                self._pace.published(row.tx for row in published)
                if self._pace.due:
                    self._mark(store, publisher)
                else:
                    self._stop.wait(rest_s(len(published)))
            store.settle()

    def _mark(self, store: Store, publisher: Publisher) -> None:
        store.settle()
        lag, moment = store.lag(WAITING_COUNTED), ids.now()
        marks = [
            Message(topic, partition, mark(ids.new(), self._id, lag.complete_to, moment))
            for topic in FACT_TOPICS
            for partition in range(PARTITIONS)
        ]
        store.published([], [], publisher.publish(marks))
        self._pace.marked(lag.complete_to)
        metrics.COMPLETE_TO.set(lag.complete_to)
        metrics.WAITING.set(lag.waiting)
        metrics.OLDEST.set(lag.oldest_s)


def publish_batch(store: Store, publisher: Publisher) -> list[Row]:
    """Publish the oldest rows; gives them. They are settled at the latest when the next ones are looked for."""
    rows = store.fetch(MANY)
    if rows:
        sent = publisher.send(messages(rows))
        kept = store.kept(rows)  # while Kafka writes
        store.published(rows, kept, publisher.acknowledged(sent))
        metrics.PUBLISHED.inc(len(rows))
    return rows


def recover(store: Store, to: Connections) -> int:
    """Settle what already stands in the log behind the noted positions; gives how many rows that was."""
    with closing(Tail(to.kafka_bootstrap, to.topic_prefix)) as tail:
        positions, ends = store.positions(), tail.ends()
        _warn_of_a_shorter_log(positions, ends)
        found = [event_id for body in tail.bodies(positions, ends) for event_id in event_ids(body)]
    settled = store.settle_found(found, ends)
    if settled:
        log.info("relay settled what a dead one had published", events=settled)
    return settled


def _warn_of_a_shorter_log(positions: dict[Partition, int], ends: dict[Partition, int]) -> None:
    lost = {f"{place[0]}[{place[1]}]": at - ends[place] for place, at in positions.items() if ends.get(place, at) < at}
    if lost:
        log.error("Kafka holds less than was published: was its data removed?", messages_missing=lost)
