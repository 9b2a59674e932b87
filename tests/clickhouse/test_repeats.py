"""An event that stands in the log twice lands once, however far apart its two places are."""

import uuid
from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client

from clickhouse.client import one
from clickhouse.sink import repeats
from clickhouse.sink.cuts import Cut
from clickhouse.sink.reading import Message, read
from clickhouse.sink.repeats import Repeats, lowest_offsets
from clickhouse.sink.rows import inserts
from clickhouse.sink.writer import Batch, Writer
from tests.clickhouse.log_lines import click, message


def land(client: Client, seen: Repeats, *messages: Message) -> None:
    """Land messages as one cut."""
    groups, _ = read(messages, seen.fresh)
    ranges = {("tracking", messages[0].partition): (messages[0].offset, messages[-1].offset)}
    Writer(lambda: client).land(Batch(Cut(1, messages[0].offset, ranges), groups, inserts(groups)[0], None))


@pytest.fixture
def empty(clickhouse: Client) -> Client:
    """Tables without rows."""
    for table in ("events", "landing_clicks", "funnel_hour_state", "sink_cuts", "sink_claims"):
        clickhouse.command(f"TRUNCATE TABLE {table}")
    return clickhouse


def counted(client: Client) -> tuple[int, int]:
    """Clicks landed, and clicks in the funnel."""
    landed = one(client, "SELECT count() FROM landing_clicks")[0]
    return landed, one(client, "SELECT sum(views) FROM funnel_hour")[0]


def test_a_remembered_click_is_dropped(empty: Client) -> None:
    """In the same message, in the same cut, in a later one."""
    seen = Repeats(lambda old: lowest_offsets(empty, old))
    first, second, third = click(), click(), click()
    land(empty, seen, message([first, first, second], offset=1), message([second], offset=2))
    land(empty, seen, message([third, first], offset=3))
    assert counted(empty) == (3, 3)
    assert seen.dropped == 3


def test_a_forgotten_click_is_looked_up(empty: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window bounds the memory, not the promise."""
    monkeypatch.setattr(repeats, "REMEMBERED", 2)
    seen = Repeats(lambda old: lowest_offsets(empty, old))
    old = [click() for _ in range(5)]
    for offset, each in enumerate(old):
        land(empty, seen, message([each], offset=offset))
    land(empty, seen, message([*old, click()], offset=10))
    assert counted(empty) == (6, 6)


def test_a_restarted_sink_knows_what_has_landed(empty: Client) -> None:
    """Nothing is remembered after a start; what was noted before it is looked up."""
    once = [click(), click()]
    land(empty, Repeats(lambda old: lowest_offsets(empty, old)), message(once, offset=1))
    restarted = Repeats(lambda old: lowest_offsets(empty, old))
    restarted.begin({("tracking", 0): datetime.now(UTC).isoformat()[: repeats.SECOND]})
    land(empty, restarted, message([*once, click()], offset=2))
    assert counted(empty) == (3, 3)


def test_a_message_read_again_is_no_repeat_of_itself(empty: Client) -> None:
    """A cut that is finished after a kill has rows in ClickHouse already: only lower offsets make a repeat."""
    sent = message([click(), click()], offset=5)
    seen = Repeats(lambda old: lowest_offsets(empty, old))
    land(empty, seen, sent)
    again = Repeats(lambda old: lowest_offsets(empty, old))
    again.begin({("tracking", 0): repeats.ALWAYS})
    assert again.fresh([(sent, read([sent])[0]["click.tracked", 1].heads)]) == [None]


def test_the_same_cut_lands_once(empty: Client) -> None:
    """An insert that is repeated under its token is dropped, in the table and in its views."""
    sent = message([click(), click()], offset=7)
    for _ in range(3):
        land(empty, Repeats(lambda _: {}), sent)
    assert counted(empty) == (2, 2)


def test_a_cut_that_landed_in_part_is_completed(empty: Client) -> None:
    """Rows that are missing from a table or from a view are added, those that stand are not."""
    sent = message([click(), click(), click()], offset=9)
    groups, _ = read([sent])
    batch = Batch(Cut(3, 1, {("tracking", 0): (9, 9)}), groups, inserts(groups)[0], None)
    writer = Writer(lambda: empty)
    writer.land(batch)
    empty.command("ALTER TABLE landing_clicks DELETE WHERE line_no = 1 SETTINGS mutations_sync = 2")
    empty.command("TRUNCATE TABLE funnel_hour_state")
    writer.finish(batch)
    writer.finish(batch)
    assert counted(empty) == (3, 3)
    assert one(empty, "SELECT count(), uniqExact(event_id) FROM events") == (3, 3)


def test_ids_differ_by_partition_not_by_chance() -> None:
    """The same id in another partition is another event to the window."""
    seen = Repeats(lambda _: {})
    same = click()
    other = message([same], partition=1)
    opened = [(sent, read([sent])[0]["click.tracked", 1].heads) for sent in (message([same]), other)]
    assert seen.fresh(opened) == [None, None]
    assert uuid.UUID(opened[0][1][0].event_id) == same.event_id
