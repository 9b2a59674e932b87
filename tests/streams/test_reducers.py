"""The tables: any cut into batches, any repetition, any order across aggregates gives the same (R-ANA-4, R-EVT-7)."""

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events import Envelope
from streams.events.ledger import JournalLine
from streams.events.partitions import partition_of
from streams.ledger.state import Sums, WindowTable, whole
from streams.reading import Place
from streams.recommendations.state import popular, trending
from streams.reducers import Reducers
from tests.streams.facts import START, entry, mark, moved, product, rating, refund, sale, seller, view

SELLERS = [UUID(int=n) for n in (1, 2)]
PRODUCTS = [UUID(int=n << 8) for n in range(1, 6)]
REVIEWS = [UUID(int=n) for n in range(1_000, 1_012)]


class Written:
    """A log of four partitions a topic, read into reducers from any offset."""

    def __init__(self, events: Sequence[Envelope]) -> None:
        self.lines: list[tuple[Place, Envelope]] = []
        ends: dict[tuple[str, int], int] = {}
        for event in events:
            where = event.payload.topic, partition_of(event.aggregate_id)
            offset = ends[where] = ends.get(where, -1) + 1
            self.lines.append((Place(*where, offset, 0), event))

    def read(self, reducers: Reducers, start: int = 0, end: int | None = None) -> list[Envelope]:
        return [s for place, event in self.lines[start:end] for s in reducers.apply(event, place)]


def facts(seed: int, count: int) -> list[Envelope]:
    """A shop's life: stock moves, sales, refunds, views; one aggregate's facts in order, others as they come."""
    draw = random.Random(seed)
    seq = dict.fromkeys(PRODUCTS, 0)
    given: dict[UUID, int | None] = {}
    written = dict.fromkeys(REVIEWS, 0)
    found: list[Envelope] = [seller(owner) for owner in SELLERS]
    found += [product(item, draw.choice(SELLERS)) for item in PRODUCTS]
    for _ in range(count):
        item, at = draw.choice(PRODUCTS), START + timedelta(minutes=draw.randint(-100_000, 0))
        match draw.choice(["move", "move", "sale", "refund", "view", "rating", "rating"]):
            case "move":
                seq[item] += 1
                found.append(moved(item, seq[item], draw.randint(0, 12), at=at))
            case "sale":
                found.append(sale(draw.choice(SELLERS), item, draw.randint(1, 9_999), draw.randint(1, 5), at=at, tax=1))
            case "refund":
                found.append(refund(draw.choice(SELLERS), item, draw.randint(1, 99), 1, at=at))
            case "view":
                found.append(view(item, at=at))
            case "rating":
                review = draw.choice(REVIEWS)
                before, after = given.get(review), draw.choice((None, 1, 2, 3, 4, 5))
                if before != after:
                    written[review], given[review] = written[review] + 1, after
                    about = PRODUCTS[review.int % len(PRODUCTS)]
                    found.append(rating(about, review, written[review], before=before, after=after))
    return found


def shuffled(events: Sequence[Envelope], seed: int) -> list[Envelope]:
    """Another order in which every aggregate keeps its own."""
    queues: dict[UUID, list[Envelope]] = {}
    for event in events:
        queues.setdefault(event.aggregate_id, []).append(event)
    order = [event.aggregate_id for event in events]
    random.Random(seed).shuffle(order)
    return [queues[name].pop(0) for name in order]


def told(reducers: Reducers) -> dict[str, object]:
    """What the tables say to people: without positions, partitions added up."""
    reducers.sales.forget_old()
    activity = reducers.products.table.values
    return {
        **{table.name: dict(whole(table)) for table in reducers.sales.tables},
        "stock": {
            key: (level.available, level.is_low, level.is_out) for key, level in reducers.stock.table.values.items()
        },
        "popular": popular(activity.items(), int(START.timestamp()) // 86_400),
        "trending": trending(activity.items(), int(START.timestamp()) // 3_600),
        "units": {str(item): reducers.products.units_sold(str(item)) for item in PRODUCTS},
        "ratings": {str(item): told_of(reducers, item) for item in PRODUCTS},
        "products": {key: value.seq for key, value in reducers.catalog.products.values.items()},
    }


def told_of(reducers: Reducers, item: UUID) -> tuple[int, int, list[int]]:
    rated = reducers.ratings.of(str(item))
    assert rated.sum == sum(stars * count for stars, count in enumerate(rated.histogram, 1))
    return rated.sum, rated.count, rated.histogram


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(0, 80), other=st.integers(0, 10**6))
def test_the_order_across_aggregates_never_changes_a_result(seed: int, count: int, other: int) -> None:
    """R-EVT-7, R-ANA-4."""
    events = facts(seed, count)
    one, two = Reducers(), Reducers()
    signals = Written(events).read(one)
    again = Written(shuffled(events, other)).read(two)
    assert told(one) == told(two)
    assert {signal.event_id for signal in signals} == {signal.event_id for signal in again}


@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10**6), count=st.integers(1, 80))
def test_reading_again_after_a_crash_changes_nothing(data: st.DataObject, seed: int, count: int) -> None:
    """R-ANA-4: the tables stored at a flush, some of its keys missing, then the same messages once more."""
    log = Written(facts(seed, count))
    straight = Reducers()
    signals = log.read(straight)
    flushed = data.draw(st.integers(0, len(log.lines)))
    died = data.draw(st.integers(flushed, len(log.lines)))
    lost = random.Random(seed)
    first = Reducers()
    before = log.read(first, 0, flushed)
    stored = [stored_form(table) for table in first.tables]
    before += log.read(first, flushed, died)
    for form, table in zip(stored, first.tables, strict=True):
        newer = stored_form(table)
        form.update({key: value for key, value in newer.items() if lost.random() < 0.5})
    second = Reducers()
    for form, table in zip(stored, second.tables, strict=True):
        table.load({key: value[0] for key, value in form.items()}, {key: value[1] for key, value in form.items()})
    after = log.read(second, flushed)
    assert told(second) == told(straight)
    assert {s.event_id for s in before + after} == {s.event_id for s in signals}


def stored_form(table: object) -> dict[str, tuple[bytes, int]]:
    """Every key of a table as its changelog would hold it."""
    assert hasattr(table, "values")
    for key in list(table.values):
        table.put(key, table.values[key], table.partitions[key])  # type: ignore[attr-defined]
    return {c.key: (c.value, c.partition) for c in table.changes() if c.value is not None}  # type: ignore[attr-defined]


def test_the_columns_of_the_books() -> None:
    """R-LED-5: each column out of the lines that ARCHITECTURE.md names."""
    owner, item = SELLERS[0], PRODUCTS[0]
    reducers = Reducers()
    lines = (
        JournalLine(line_no=1, account="gateway_clearing", debit_minor=1_150),
        JournalLine(line_no=2, account="discounts", seller_id=owner, product_id=item, debit_minor=100),
        JournalLine(line_no=3, account="sales", seller_id=owner, product_id=item, credit_minor=1_000, units=4),
        JournalLine(line_no=4, account="tax_payable", seller_id=owner, product_id=item, credit_minor=200),
        JournalLine(line_no=5, account="shipping_income", seller_id=owner, credit_minor=50),
    )
    charged = (
        JournalLine(line_no=1, account="commission_charged", seller_id=owner, debit_minor=90),
        JournalLine(line_no=2, account="commission_income", credit_minor=90),
    )
    Written([entry("sale", lines, "GBP", START), entry("commission", charged, "GBP", START)]).read(reducers)
    ((key, sums),) = whole(reducers.sales.days)
    assert key == f"{owner}|GBP|2026-11-21"
    assert sums == Sums(
        gross_minor=1_200, discount_minor=100, tax_minor=200, shipping_minor=50, commission_minor=90, units=4, orders=1
    )
    assert sums.net_minor == 900


def test_a_late_entry_revises_exactly_its_own_window_and_says_so() -> None:
    """R-ANA-4: late by marks, not by the clock of the machine."""
    owner, item = SELLERS[0], PRODUCTS[0]
    events = [sale(owner, item, 100, 1), sale(owner, item, 10, 1, at=START + timedelta(hours=5))]
    late = sale(owner, item, 7, 1)
    reducers = Reducers()
    place = Place("ledger", 0, 0, 0)
    for offset, event in enumerate([*events, mark(9, START + timedelta(hours=2)), late]):
        reducers.apply(event, place._replace(offset=offset))
    hours = reducers.sales.hours
    assert isinstance(hours, WindowTable)
    eight, thirteen = (hours.values[f"0|{owner}|GBP|2026-11-21T{hour}:00Z"] for hour in ("08", "13"))
    assert (eight.gross_minor, eight.revisions) == (107, 1)
    assert (thirteen.gross_minor, thirteen.revisions) == (10, 0)


def test_minute_windows_are_kept_for_hours_only() -> None:
    """Old minutes go, their hours stay."""
    owner, item = SELLERS[0], PRODUCTS[0]
    reducers = Reducers()
    place = Place("ledger", 0, 0, 0)
    for offset, hours in enumerate((0, 2, 9)):
        reducers.apply(sale(owner, item, 5, 1, at=START + timedelta(hours=hours)), place._replace(offset=offset))
    reducers.sales.minutes.forget_old()
    assert list(reducers.sales.minutes.values) == [f"0|{owner}|GBP|2026-11-21T17:00Z"]
    assert len(reducers.sales.hours.values) == 3


def test_closed_windows_go_and_the_tables_stay_small() -> None:
    """Two years of a shop: hours of a week, for entries that come late (R-ANA-4), days of 13 months."""
    owner, item = SELLERS[0], PRODUCTS[0]
    reducers = Reducers()
    place = Place("ledger", 0, 0, 0)
    for day in range(730):
        reducers.apply(sale(owner, item, 5, 1, at=START + timedelta(days=day)), place._replace(offset=day))
        reducers.sales.forget_old()
    hours, days = reducers.sales.hours, reducers.sales.days
    assert (len(hours), len(days)) == (8, 396)
    week_old = START + timedelta(days=729 - 7)
    reducers.apply(sale(owner, item, 5, 1, at=week_old), place._replace(offset=1_000))
    assert hours.values[f"0|{owner}|GBP|{week_old:%Y-%m-%dT08:00Z}"].orders == 2
    form = stored_form(days)
    days.load({key: value[0] for key, value in form.items()}, {key: value[1] for key, value in form.items()})
    reducers.apply(sale(owner, item, 5, 1, at=START + timedelta(days=735)), place._replace(offset=1_001))
    reducers.sales.forget_old()
    assert len(days) == 391


def test_an_entry_of_the_future_drops_nothing() -> None:
    """Where marks tell the time, a wrong date is no reason to forget the present."""
    owner, item = SELLERS[0], PRODUCTS[0]
    reducers = Reducers()
    place = Place("ledger", 0, 0, 0)
    ahead = sale(owner, item, 5, 1, at=START + timedelta(days=4_000))
    for offset, event in enumerate([sale(owner, item, 5, 1), mark(9, START), ahead, sale(owner, item, 5, 1)]):
        reducers.apply(event, place._replace(offset=offset))
    reducers.sales.forget_old()
    assert reducers.sales.days.values[f"0|{owner}|GBP|2026-11-21"].orders == 2
