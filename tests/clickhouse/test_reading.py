"""What cannot be read or landed goes to the dead letters, and never takes its message's other lines with it."""

import json
import uuid

import pytest

from clickhouse.sink.moments import milliseconds
from clickhouse.sink.reading import Message, read
from clickhouse.sink.rows import inserts
from clickhouse.sink.uuids import uuid_words
from streams.events.codec import encode
from tests.clickhouse.log_lines import click

GOOD = [encode(click()) for _ in range(3)]


def changed(**fields: object) -> bytes:
    """A click whose envelope differs in some fields."""
    return json.dumps({**json.loads(GOOD[0]), **fields}).encode()


def with_payload(**fields: object) -> bytes:
    """A click whose payload differs in some fields."""
    line = json.loads(GOOD[0])
    return json.dumps({**line, "payload": {**line["payload"], **fields}}).encode()


BAD = {
    "no JSON": b"{not json",
    "not an object": b"[1, 2]",
    "no envelope": b"{}",
    "unknown event": changed(event="click.invented"),
    "unknown version": changed(version=99),
    "no UUID": changed(event_id="tomorrow"),
    "no moment": changed(occurred_at="2026-02-30T00:00:00Z"),
    "wrong type": with_payload(quantity="many"),
    "payload without a field": changed(payload={"click_name": "Product Viewed"}),
    "number beyond 64 bits": with_payload(quantity=2**70),
    "moment before ClickHouse's time, wrong session": with_payload(session_id="nobody"),
    "not UTF-8": GOOD[0].replace(b"Product Viewed", b"Product \xff\xfe"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_line_does_not_take_the_others_with_it(bad: bytes) -> None:
    """The good lines land, each under its own number; the bad one is a letter with its place and a reason."""
    message = Message("tracking", 2, 7, b"\n".join([GOOD[0], bad, GOOD[1], b"", GOOD[2]]))
    groups, letters = read([message])
    packed, unlandable = inserts(groups)
    assert {insert.table: insert.rows for insert in packed} == {"events": 3, "landing_clicks": 3}
    letter = (letters + unlandable)[0]
    assert (letter.topic, letter.partition, letter.offset, letter.line_no) == ("tracking", 2, 7, 1)
    assert letter.reason
    assert len(letters + unlandable) == 1


def test_blank_lines_keep_the_numbers_of_the_others() -> None:
    """A line's number is its place in the message as it stands in the log."""
    groups, _ = read([Message("tracking", 0, 0, b"\n\n" + GOOD[0] + b"\n\n" + GOOD[1] + b"\n")])
    assert groups["click.tracked", 1].line_nos == [2, 4]


def test_other_writings_of_the_same_line_land_too() -> None:
    """UUIDs without dashes and moments with an offset are what the codec reads, so they land."""
    odd = changed(event_id=uuid.uuid4().hex, occurred_at="2026-11-21T15:00:00.5+07:00")
    groups, letters = read([Message("tracking", 0, 0, odd)])
    packed, unlandable = inserts(groups)
    assert [insert.rows for insert in packed] == [1, 1]
    assert letters + unlandable == []


def test_uuids_are_read_as_clickhouse_keeps_them() -> None:
    """Two words, the high one first."""
    some = [uuid.uuid4() for _ in range(50)]
    words = uuid_words([str(each) for each in some])
    assert [int(high) << 64 | int(low) for high, low in words] == [each.int for each in some]
    for bad in ("x" * 36, str(some[0])[:-1], "-" * 36, str(some[0]).replace("-", "0", 1)):
        with pytest.raises(ValueError, match=r".+"):
            uuid_words([str(some[1]), bad])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1500),
        ("2026-11-21T08:15:00.123456Z", 1795248900123),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1970-01-01T07:00:00.25+07:00", 250),
    ],
)
def test_moments_are_read_to_the_millisecond(written: str, expected: int) -> None:
    """RFC 3339 in UTC, with or without a fraction."""
    assert milliseconds([written, "1970-01-01T00:00:00Z"])[0] == expected


@pytest.mark.parametrize(
    "bad",
    ["", "2026-11-21", "2026-11-21T08:15:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
     "2026-11-21T25:00:00Z", "2026-11-21T08:15:00.Z5", "2026-11-21T08:15:00Zulu"],
)  # fmt: skip
def test_other_moments_are_refused(bad: str) -> None:
    """The careful reading decides about them."""
    with pytest.raises(ValueError, match=r".+"):
        milliseconds([bad])
