"""What a look of the relay costs, and what it keeps of the lines that it finds."""

from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api import ids
from api.relay.log import Publisher
from api.relay.loop import publish_batch, recover
from api.relay.process import RelaySettings
from api.relay.store import Store
from tests.api.relay import the_log
from tests.api.relay.test_relay import facts_of, outbox, settings, waiting

__all__ = ["outbox", "settings"]


def test_a_few_facts_cost_a_statement_and_many_are_read_in_full(
    settings: RelaySettings, outbox: psycopg.Connection[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was published is settled by the look for what came after it; the last look finds nothing and settles."""
    asked: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(self: psycopg.Cursor[Any], query: Any, *args: Any, **more: Any) -> psycopg.Cursor[Any]:
        asked.append(query)
        return execute(self, query, *args, **more)

    with closing(Store(settings.postgres_dsn)) as store, closing(
        Publisher(settings.kafka_bootstrap, settings.topic_prefix)
    ) as publisher:  # fmt: skip
        assert store.lead()
        recover(store, settings)
        written: list[UUID] = []
        for count in (1, 3, 1200, 2, 0):
            written += the_log.write(outbox, *(the_log.fact() for _ in range(count)))
            with monkeypatch.context() as patched:
                patched.setattr(psycopg.Cursor, "execute", counted)
                assert len(publish_batch(store, publisher)) == count
    assert len(asked) == 5 + 1, "many at once are settled by a statement of their own"
    assert waiting(outbox) == 0
    found = facts_of(settings)
    assert all(found.count(event_id) == 1 for event_id in written)


def test_a_line_about_a_message_that_there_is_none_of_is_nobodys(
    settings: RelaySettings, outbox: psycopg.Connection[tuple[object, ...]]
) -> None:
    """Nor does one that names no message at all hold up the others."""
    lines = [b"{}", b'{"aggregate_id":"\xff"}', f'{{"aggregate_id":"{ids.new()}"}}'.encode()]
    for line in lines:
        outbox.execute(
            "INSERT INTO outbox (topic, partition, event_id, line) VALUES ('notifications', 0, %s, %s)",
            [ids.new(), line],
        )
    with closing(Store(settings.postgres_dsn)) as store:
        rows = store.fetch(10)
        assert [row.message_of for row in rows] == [None, None, None]
        assert store.kept(rows) == []
    outbox.execute("DELETE FROM outbox")
