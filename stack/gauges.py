"""How far each stage is behind: asked of the stores directly, so it works with our processes down.

A store that does not answer, or has no such table yet, leaves its gauge empty.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stack.environment import settings
from stack.home import Home
from stack.part import NotReadyError
from stack.ports import port_answers

TIMEOUT_SECONDS = 5.0


@dataclass
class Gauges:
    """Rows in the outbox, messages waiting per consumer group, dead lines not replayed, seconds behind."""

    outbox_rows: int | None = None
    consumer_lag: dict[str, int] | None = None
    dead_letters: int | None = None
    freshness_seconds: float | None = None
    complete_to: int | None = None
    missing: list[str] = field(default_factory=list)


async def read(home: Home) -> Gauges:
    """Ask all three at once; what does not answer within five seconds is named in `missing`."""
    gauges, variables = Gauges(), settings(home)
    questions = {"outbox": _outbox, "kafka": _kafka, "freshness": _freshness}
    answers = await asyncio.gather(
        *(asyncio.wait_for(ask(home, variables, gauges), TIMEOUT_SECONDS) for ask in questions.values()),
        return_exceptions=True,
    )
    for name, answer in zip(questions, answers, strict=True):
        if isinstance(answer, Exception):
            gauges.missing.append(f"{name}: {str(answer).strip() or type(answer).__name__}")
    return gauges


async def _outbox(_home: Home, variables: dict[str, str], gauges: Gauges) -> None:
    async with await psycopg.AsyncConnection.connect(variables["ATLANTIC_POSTGRES_DSN"]) as connection:
        row = await (await connection.execute("SELECT count(*) FROM outbox")).fetchone()
        gauges.outbox_rows = row[0] if row else None


async def _kafka(home: Home, variables: dict[str, str], gauges: Gauges) -> None:
    await port_answers("kafka", home.port("kafka"))
    bootstrap, prefix = variables["ATLANTIC_KAFKA_BOOTSTRAP"], variables["ATLANTIC_TOPIC_PREFIX"]
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        await consumer.start()
        gauges.consumer_lag = {
            group: await _lag(admin, consumer, group)
            for group, _ in sorted(await admin.list_consumer_groups())
            if group.startswith(prefix)
        }
    except KafkaError as error:
        raise NotReadyError(str(error)) from error
    finally:
        await consumer.stop()
        await admin.close()


async def _lag(admin: Any, consumer: Any, group: str) -> int:
    """Messages after the committed offset, over all partitions that the group has committed."""
    committed = await admin.list_consumer_group_offsets(group)
    ends = await consumer.end_offsets(list(committed)) if committed else {}
    return sum(max(0, ends[partition] - position.offset) for partition, position in committed.items())


async def _freshness(_home: Home, variables: dict[str, str], gauges: Gauges) -> None:
    question = (
        "SELECT complete_to, (now64(3) - marked_at) / 1, (SELECT uniqExact(topic, partition, offset, line_no) "
        "FROM dead_letters FINAL WHERE replayed_as = '') FROM progress_cut FORMAT TSV"
    )
    login = ("operator_pages", variables["ATLANTIC_CLICKHOUSE_OPERATOR_PASSWORD"])
    async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, auth=login) as client:
        place = {"database": variables["ATLANTIC_CLICKHOUSE_DATABASE"]}
        answer = await client.post(variables["ATLANTIC_CLICKHOUSE_URL"], params=place, content=question)
    if answer.status_code != 200:
        raise NotReadyError(answer.text.strip()[:200])
    cut, seconds, letters = answer.text.split()
    gauges.dead_letters = int(letters)
    if int(cut):
        gauges.complete_to, gauges.freshness_seconds = int(cut), round(float(seconds), 3)
