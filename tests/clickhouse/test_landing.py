"""The landing tables are what the event classes ask for, and every event lands (R-EVT-9)."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from clickhouse import generate, landing
from clickhouse.client import one
from clickhouse.sink.reading import Message, read
from clickhouse.sink.rows import inserts
from streams.events import EVENTS, Event
from streams.events.codec import decode_line
from streams.events.progress import ProgressMarked
from tests.contracts import golden

LANDED = [event for event in EVENTS.values() if event is not ProgressMarked]


def test_the_migrations_build_what_the_classes_ask_for() -> None:
    """Drift: `python -m clickhouse.generate` has nothing left to write."""
    assert generate.changes(landing.tables(), generate.built()) == []


def test_clickhouse_has_what_the_migrations_say(clickhouse: Client) -> None:
    """Every landing column is there with its type."""
    rows = clickhouse.query(
        "SELECT table, name, type FROM system.columns WHERE database = database() AND table LIKE 'landing\\_%'"
    ).result_rows
    present = {(table, name): kind for table, name, kind in rows}
    wanted = {
        (table.name, column): kind.split(" DEFAULT")[0]
        for table in landing.tables().values()
        for column, kind in table.columns.items()
    }
    assert present == wanted


def test_a_new_field_and_a_new_family_become_migrations() -> None:
    """Columns are added, widened to NULL and never dropped; another type is refused."""
    table = landing.Table("landing_new", {"a": "Int64", "b": "UUID"})
    assert generate.changes({"landing_new": table}, {})[0].startswith("-- Grain: one event")
    present = {"landing_new": {"a": "Int64", "gone": "String"}}
    assert generate.changes({"landing_new": table}, present) == ["ALTER TABLE landing_new ADD COLUMN b UUID"]
    wider = landing.Table("landing_new", {"a": "Nullable(Int64)"})
    assert generate.changes({"landing_new": wider}, present) == [
        "ALTER TABLE landing_new MODIFY COLUMN a Nullable(Int64)"
    ]
    with pytest.raises(TypeError, match=r"landing_new\.a is Int64, not UUID"):
        generate.changes({"landing_new": landing.Table("landing_new", {"a": "UUID"})}, present)


@pytest.fixture(scope="module")
def landed(clickhouse: Client) -> Client:
    """ClickHouse with every golden line landed: the line of the n-th event stands at offset n."""
    messages = [Message(event.topic, 0, n, golden.line(event)) for n, event in enumerate(LANDED)]
    groups, letters = read(messages)
    packed, unlandable = inserts(groups)
    assert not letters
    assert not unlandable
    for insert in packed:
        clickhouse.raw_insert(insert.table, insert.columns, insert.body, fmt="Native", settings={"async_insert": 0})
    return clickhouse


@pytest.mark.parametrize("event", LANDED, ids=lambda event: f"{event.name}.v{event.version}")
def test_every_event_lands_with_every_field(landed: Client, event: type[Event]) -> None:
    """Each field of each golden line stands in its column, and the whole payload in `events`."""
    envelope = decode_line(golden.line(event))
    place = {"offset": LANDED.index(event), "event": event.name}
    for table, fields in landing.rows_of(event).items():
        columns = ", ".join(field.column for field in fields)
        order = "element_no" if event.exploded and table == event.exploded.table else "line_no"
        where = "offset = {offset:Int64} AND event = {event:String}"
        rows = landed.query(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {order}", place).result_rows
        assert [list(row) for row in rows] == _expected(event, envelope.payload, table, fields)
    data = one(landed, "SELECT data FROM events WHERE offset = {offset:Int64} AND event = {event:String}", place)
    assert msgspec.json.decode(data[0], type=event) == envelope.payload


def _expected(event: type[Event], payload: Event, table: str, fields: list[landing.Field]) -> list[list[Any]]:
    if event.exploded is None or table != event.exploded.table:
        return [[_landed_value(payload, field.path, field.type) for field in fields]]
    elements = getattr(payload, event.exploded.field)
    carried = event.exploded.carried
    return [
        [_landed_value(payload if field.column in carried else element, field.path, field.type) for field in fields]
        for element in elements
    ]


def _landed_value(source: Any, path: tuple[str, ...], kind: str) -> Any:
    value = getattr(source, path[0])
    if len(path) > 1:
        return [_landed_value(element, path[1:], kind) for element in value]
    if isinstance(value, tuple):
        return [_landed_value_of(element) for element in value]
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return "" if value is None and "String" in kind else _landed_value_of(value)


def _landed_value_of(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def test_values_keep_their_kinds(landed: Client) -> None:
    """Money is whole minor units, identifiers are UUIDs, days are days."""
    row = one(landed, "SELECT order_id, total_minor FROM landing_order_items LIMIT 1")
    assert isinstance(row[0], uuid.UUID)
    assert isinstance(row[1], int)
    day = one(landed, "SELECT estimated_delivery FROM landing_shipments WHERE event = 'shipment.created'")
    assert isinstance(day[0], date)
    floats = landed.query(
        "SELECT table, name FROM system.columns "
        "WHERE database = database() AND type LIKE '%Float%' AND name LIKE '%minor%'"
    ).result_rows
    assert floats == []
