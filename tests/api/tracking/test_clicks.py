"""What a click must be, and what is kept of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.tracking import bodies
from api.tracking.clicks import Visitor, judge
from api.tracking.privacy import clean, device_class, masked
from api.tracking.vocabulary import PROPERTIES
from streams.events import codec
from streams.events.partitions import partition_of
from streams.events.tracking import PURCHASE_NAMES, ClickTracked

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SECRET = "a secret of sixteen"


def raw(**changed: object) -> bytes:
    click = {"click_id": uuid4(), "name": "Page Viewed", "session_id": uuid4(), "occurred_at": NOW, **changed}
    return msgspec.json.encode({name: value for name, value in click.items() if value is not ...})


def visitor(**changed: Any) -> Visitor:
    return Visitor(**{"received_at": NOW, "correlation_id": "c", "secret": SECRET, **changed})


def event(body: bytes, **changed: Any) -> ClickTracked:
    lines, rejected = judge([body], visitor(**changed))
    assert not rejected
    payload = codec.decode_line(lines[0].body).payload
    assert isinstance(payload, ClickTracked)
    return payload


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": "Teapot Stroked"}, "unknown-name"),
        ({"click_id": "x"}, "invalid"),
        ({"click_id": ...}, "invalid"),
        ({"occurred_at": "2026-11-21T08:00:00"}, "invalid"),
        ({"occurred_at": 5}, "invalid"),
        ({"user_id": str(uuid4())}, "invalid"),
        ({"name": "Product Viewed"}, "invalid"),
        ({"name": "Product Viewed", "properties": {"product_id": "85123A"}}, "invalid"),
        ({"name": "Product Added", "properties": {"product_id": uuid4(), "quantity": -1}}, "invalid"),
        ({"name": "Product Viewed", "properties": {"product_id": uuid4(), "price_minor": 1.5}}, "invalid"),
        ({"name": "Product List Viewed", "properties": {"products": ["x" * 400] * 60}}, "too-large"),
        *[({"name": name}, "purchase-from-client") for name in sorted(PURCHASE_NAMES)],
    ],
)
def test_a_bad_click_is_named_and_the_others_are_taken(changed: dict[str, object], reason: str) -> None:
    """R-TRK-3, R-TRK-4, R-TRK-5."""
    lines, rejected = judge([raw(), raw(**changed), raw()], visitor())
    assert len(lines) == 2
    assert [(item.index, item.reason.partition(":")[0]) for item in rejected] == [(1, reason)]


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(msgspec.json.encode))
def test_whatever_comes_is_a_verdict(body: bytes) -> None:
    """R-TRK-3."""
    lines, rejected = judge([body], visitor())
    assert len(lines) + len(rejected) == 1


@given(st.timedeltas(timedelta(days=-30), timedelta(days=30)))
def test_a_time_that_cannot_be_right_is_corrected_and_marked(away: timedelta) -> None:
    """R-TRK-7."""
    lines, _ = judge([raw(occurred_at=NOW + away)], visitor())
    envelope = codec.decode_line(lines[0].body)
    believable = timedelta(days=-7) <= away <= timedelta(minutes=5)
    assert isinstance(envelope.payload, ClickTracked)
    assert envelope.payload.time_corrected is not believable
    assert abs(envelope.occurred_at - (NOW + away if believable else NOW)) < timedelta(milliseconds=1)


def test_an_event_is_one_of_the_log() -> None:
    """R-EVT-1, R-EVT-3: keyed by session, without a transaction and a sequence."""
    click_id, session_id, product_id = uuid4(), uuid4(), uuid4()
    properties = {"product_id": product_id, "price_minor": 255, "currency": "GBP", "in_stock": True, "secret": "x"}
    body = raw(click_id=click_id, session_id=session_id, name="Product Viewed", properties=properties)
    lines, _ = judge([body], visitor(user_id=UUID(int=7)))
    envelope = codec.decode_line(lines[0].body)
    assert (envelope.event_id, envelope.aggregate_id, envelope.aggregate_seq, envelope.tx) == (
        click_id,
        session_id,
        0,
        0,
    )
    assert lines[0].partition == partition_of(session_id)
    assert isinstance(envelope.payload, ClickTracked)
    assert (envelope.payload.product_id, envelope.payload.price_minor) == (product_id, 255)
    assert envelope.payload.properties == {"in_stock": True}
    assert (envelope.payload.user_id, envelope.payload.source) == (UUID(int=7), "client")


@pytest.mark.parametrize("how", [{"consent": False}, {"followed": False}])
def test_who_does_not_want_to_be_followed_is_not(how: dict[str, Any]) -> None:
    """R-TRK-10: no account, and another session every day."""
    session_id = uuid4()
    body = raw(session_id=session_id, **({"consent": False} if "consent" in how else {}))
    seen = {"followed": False} if "followed" in how else {}
    first = event(body, user_id=UUID(int=7), **seen)
    later = event(body, user_id=UUID(int=7), received_at=NOW + timedelta(hours=1), **seen)
    tomorrow = event(body, user_id=UUID(int=7), received_at=NOW + timedelta(days=1), **seen)
    assert first.user_id is None
    assert first.session_id == later.session_id != tomorrow.session_id
    assert session_id not in (first.session_id, tomorrow.session_id)


def test_searches_keep_their_words_and_nobodys_address() -> None:
    """R-TRK-11."""
    query = "gift for ann.lee@example.com call 020 7946 0000 " + "x" * 300
    kept = event(raw(name="Products Searched", properties={"query": query})).properties["query"]
    assert kept.startswith("gift for @ call #")
    assert len(kept) <= 200


@given(st.text(max_size=50), st.emails(), st.integers(10**7, 10**15))
def test_masking_leaves_no_address_and_no_number(text: str, mail: str, number: int) -> None:
    """R-TRK-11."""
    kept = masked(f"{text} {mail} {number}", 10_000)
    assert mail not in kept
    assert str(number) not in kept


def test_pages_lose_their_query_and_referrers_all_but_the_host() -> None:
    """R-TRK-6."""
    page = event(raw(page="https://shop.example/p/cup?mail=a@b.co", referrer="https://search.example/?q=ann"))
    assert (page.page, page.referrer_host) == ("/p/cup", "search.example")
    assert [device_class(agent) for agent in ("", "Googlebot/2.1", "Mozilla (iPad)", "Mozilla (iPhone)", "curl/8")] == [
        None, "bot", "tablet", "mobile", "other",
    ]  # fmt: skip


def test_every_name_may_be_sent() -> None:
    """Requirements 15.2."""
    product = {"product_id": uuid4()}
    lines, rejected = judge([raw(name=name, properties=product) for name in PROPERTIES], visitor())
    assert (len(lines), rejected) == (len(PROPERTIES), [])


@pytest.mark.parametrize("text", [rb'"\ud800"', rb'"\udc00 and more than that"', b"NaN"])
def test_half_a_character_costs_its_own_click_alone(text: bytes) -> None:
    """R-TRK-3: browsers send halves of surrogate pairs, when a text was cut."""
    bad = raw().replace(b'"Page Viewed"', text)
    lines, rejected = judge(bodies.clicks(b"[" + b",".join([raw(), bad, raw()]) + b"]"), visitor())
    assert len(lines) == 2
    assert [item.index for item in rejected] == [1]


def test_no_address_hides_behind_a_name() -> None:
    """R-EVT-8: ids are words, and the names of nested properties are the client's own texts."""
    sent = {
        "cart_id": "ann@example.com",
        "ann@example.com": [{"call +44 20 7946 0000": True}],
        "query_id": "+44 2079460000",
    }
    assert clean("filters", sent) == {"cart_id": "@", "@": [{"call +#": True}], "query_id": "+#"}
    kept = str(uuid4())
    assert clean("cart_id", kept) == kept
    assert clean("query_id", "q_4420794600001") == "q_4420794600001"
