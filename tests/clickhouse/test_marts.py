"""Marts say what the landed rows say, by the definitions of the books (R-LED-5), however the events come."""

import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import count

from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from clickhouse.client import one
from clickhouse.sink.cuts import Cut
from clickhouse.sink.proof import UNPROVEN, complete_marts, difference, marts
from clickhouse.sink.reading import Message, read
from clickhouse.sink.rows import inserts
from streams.events import Envelope
from streams.events.carts import CartItemAdded
from streams.events.catalog import ProductCreated, ProductDeleted, ProductUpdated
from streams.events.inventory import StockMoved
from streams.events.ledger import JournalLine, JournalPosted
from tests.clickhouse.log_lines import click, entry, envelope, message

START = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
SELLERS = [uuid.UUID(int=n + 1) for n in range(3)]
PRODUCTS = [uuid.UUID(int=n + 100) for n in range(4)]
ACCOUNTS = ["sales", "tax_payable", "discounts", "refunds", "shipping_income", "commission_charged", "gateway_clearing"]
OFFSETS = count()

lines = st.builds(
    lambda account, seller, product, debit, credit, units: JournalLine(
        line_no=1,
        account=account,
        seller_id=None if account == "gateway_clearing" else seller,
        product_id=product if account in ("sales", "tax_payable", "discounts", "refunds") else None,
        debit_minor=debit,
        credit_minor=credit,
        units=units if account in ("sales", "refunds") else None,
    ),
    st.sampled_from(ACCOUNTS),
    st.sampled_from(SELLERS),
    st.sampled_from(PRODUCTS),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.integers(1, 500),
)
entries = st.builds(
    lambda some, kind, currency, minutes: entry(
        some, kind=kind, currency=currency, at=START + timedelta(minutes=minutes)
    ),
    st.lists(lines, min_size=1, max_size=6),
    st.sampled_from(["sale", "refund", "commission", "payout"]),
    st.sampled_from(["GBP", "USD"]),
    st.integers(0, 60 * 30),
)


def land(client: Client, envelopes: list[Envelope], topic: str) -> Message:
    """Land some lines as one message at the next offset."""
    sent = message(envelopes, topic=topic, offset=next(OFFSETS))
    packed, letters = inserts(read([sent])[0])
    assert not letters
    for insert in packed:
        client.raw_insert(insert.table, insert.columns, insert.body, fmt="Native", settings={"async_insert": 0})
    return sent


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(journal=st.lists(entries, min_size=1, max_size=12))
def test_the_books_are_the_sums_of_the_journal(clickhouse: Client, journal: list[Envelope]) -> None:
    """Per seller, currency and UTC day of the entry, and per product and hour."""
    sellers = {seller: uuid.uuid4() for seller in SELLERS}  # every example has sellers of its own
    mine = [of_other_sellers(told, sellers) for told in journal]
    half = len(mine) // 2
    for part in filter(None, (mine[:half], mine[half:])):
        land(clickhouse, part, "ledger")
    columns = "gross_minor, discount_minor, refund_minor, net_minor, tax_minor, shipping_minor, commission_minor"
    own = {"sellers": list(sellers.values())}
    query = f"SELECT seller_id, currency, day, {columns}, units, units_returned, orders FROM books_day"
    rows = clickhouse.query(f"{query} WHERE seller_id IN {{sellers:Array(UUID)}}", own).result_rows
    assert {row[:3]: list(row[3:]) for row in rows} == books(mine)


def of_other_sellers(told: Envelope, sellers: dict[uuid.UUID, uuid.UUID]) -> Envelope:
    """The same entry with other sellers."""
    posted = told.payload
    assert isinstance(posted, JournalPosted)
    moved = tuple(replace(line, seller_id=line.seller_id and sellers[line.seller_id]) for line in posted.lines)
    return replace(told, payload=replace(posted, lines=moved))


def books(journal: list[Envelope]) -> dict[tuple[uuid.UUID, str, date], list[int]]:
    """The definitions of ARCHITECTURE.md, "The books", in Python."""
    cells: dict[tuple[uuid.UUID, str, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    orders: dict[tuple[uuid.UUID, str, date], set[uuid.UUID | None]] = defaultdict(set)
    for told in journal:
        posted = told.payload
        assert isinstance(posted, JournalPosted)
        for line in posted.lines:
            if line.seller_id is None:
                continue
            key = (line.seller_id, posted.currency, told.occurred_at.date())
            add(cells[key], posted.kind, line)
            if posted.kind == "sale" and line.account == "sales":
                orders[key].add(posted.order_id)
    names = ("gross", "discount", "refund", "net", "tax", "shipping", "commission", "units", "returned")
    for cell in cells.values():
        cell["net"] = cell["gross"] - cell["discount"] - cell["refund"] - cell["tax"]
    return {key: [*(cell[name] for name in names), len(orders[key])] for key, cell in cells.items()}


def add(cell: dict[str, int], kind: str, line: JournalLine) -> None:
    """One line's part in a cell."""
    more = line.credit_minor - line.debit_minor
    if kind == "sale" and line.account in ("sales", "tax_payable"):
        cell["gross"] += line.credit_minor
    if kind == "refund" and line.account in ("refunds", "tax_payable"):
        cell["refund"] += line.debit_minor
    cell["discount"] += line.debit_minor if line.account == "discounts" else 0
    cell["tax"] += more if line.account == "tax_payable" else 0
    cell["shipping"] += more if line.account == "shipping_income" else 0
    cell["commission"] -= more if line.account == "commission_charged" else 0
    cell["units"] += (line.units or 0) if line.account == "sales" else 0
    cell["returned"] += (line.units or 0) if line.account == "refunds" else 0


def test_no_mart_differs_from_its_landed_rows(clickhouse: Client) -> None:
    """Whatever has landed: a journal in two parts, clicks, carts."""
    journal = [
        entry([JournalLine(line_no=1, account=a, seller_id=SELLERS[0], debit_minor=7)], at=START) for a in ACCOUNTS
    ]
    land(clickhouse, journal[:3], "ledger")
    land(clickhouse, journal[3:], "ledger")
    land(clickhouse, [click(), click("Product Added", source="rees46")], "tracking")
    assert_marts_equal_landing(clickhouse)


def assert_marts_equal_landing(client: Client) -> None:
    """No sum of any mart differs from what its landed rows say."""
    for mart in marts(client):
        if not mart.replacing and mart.target not in UNPROVEN:
            assert client.query(difference(mart, "1")).result_rows == [], mart.target


def test_a_mart_that_lost_or_gained_rows_is_brought_right(clickhouse: Client) -> None:
    """The keys that a cut touches are compared with landing; the difference is added, sets are written again."""
    seller, product = uuid.uuid4(), uuid.uuid4()
    sold = JournalLine(line_no=1, account="sales", seller_id=seller, product_id=product, credit_minor=500, units=2)
    first = land(clickhouse, [entry([sold], at=START)], "ledger")
    land(clickhouse, [entry([sold], at=START)], "ledger")
    gone = f"ALTER TABLE ledger_hour_state DELETE WHERE seller_id = '{seller}' SETTINGS mutations_sync = 2"
    clickhouse.command(gone)
    twice = "INSERT INTO sales_product_hour_state SELECT * FROM sales_product_hour_state WHERE product_id = {p:UUID}"
    clickhouse.command(twice, {"p": product})
    place = (first.topic, first.partition)
    cut = Cut(1, 1, {place: (first.offset, first.offset)})
    complete_marts(clickhouse, cut, ["landing_journal_lines", "events"])
    query = "SELECT gross_minor, units, orders FROM {table:Identifier} WHERE seller_id = {seller:UUID}"
    for table in ("books_day", "sales_product_hour"):
        assert one(clickhouse, query, {"table": table, "seller": seller}) == (1000, 4, 2)
    assert_marts_equal_landing(clickhouse)


def test_the_funnel_counts_views_additions_by_the_core_and_orders(clickhouse: Client) -> None:
    """What a browser says about carts is not counted (R-TRK-9)."""
    product, seller = uuid.uuid4(), SELLERS[1]
    views = [click("Product Viewed", product), click("Product Viewed", product), click("Page Viewed", product)]
    adds = [click("Product Added", product), click("Product Added", product, source="rees46")]
    land(clickhouse, views + adds, "tracking")
    added = CartItemAdded(
        cart_id=uuid.uuid4(), user_id=uuid.uuid4(), product_id=product, seller_id=seller, quantity=3,
        quantity_after=3, price_minor=100, currency="GBP",
    )  # fmt: skip
    land(clickhouse, [envelope(added)], "carts")
    sale = JournalLine(line_no=1, account="sales", seller_id=seller, product_id=product, credit_minor=5, units=1)
    land(clickhouse, [entry([sale, sale], at=datetime.now(UTC))], "ledger")
    land(clickhouse, [envelope(product_created(product, seller))], "catalog")
    query = "SELECT any(seller_id), sum(views), sum(carts), sum(orders) FROM funnel_hour WHERE product_id = {p:UUID}"
    assert one(clickhouse, query, {"p": product}) == (seller, 2, 2, 1)


def test_stock_levels_go_by_version_not_by_arrival(clickhouse: Client) -> None:
    """A late or repeated movement changes nothing; buckets of a product are added up."""
    product, buckets = uuid.uuid4(), [uuid.uuid4(), uuid.uuid4()]
    moves = [
        moved(buckets[0], product, 10, 0, 1),
        moved(buckets[0], product, 9, 2, 3),
        moved(buckets[1], product, 5, 1, 1),
    ]
    land(clickhouse, [moves[1], moves[2]], "inventory")
    land(clickhouse, [moves[0], moves[1], moved(buckets[0], product, 10, 4, 2)], "inventory")
    query = "SELECT seller_id, on_hand, reserved, available FROM stock_levels WHERE product_id = {p:UUID}"
    assert one(clickhouse, query, {"p": product}) == (SELLERS[0], 14, 3, 11)


def moved(row: uuid.UUID, product: uuid.UUID, on_hand: int, reserved: int, version: int) -> Envelope:
    """A movement of a stock row, with what it left behind."""
    event = StockMoved(
        inventory_id=row, product_id=product, seller_id=SELLERS[0], bucket=0, kind="received", on_hand_delta=0,
        reserved_delta=0, on_hand_after=on_hand, reserved_after=reserved, cause_type="test",
    )  # fmt: skip
    return envelope(event, seq=version)


def test_dimensions_hold_the_newest_state(clickhouse: Client) -> None:
    """An older event that comes later changes nothing; a deleted product keeps its names."""
    product = uuid.uuid4()
    state = product_created(product, SELLERS[0])
    fields = {name: getattr(state, name) for name in state.__struct_fields__}
    newer = ProductUpdated(**{**fields, "title": "new", "price_minor": 300}, changed=("title",))
    land(clickhouse, [envelope(newer, seq=2)], "catalog")
    land(clickhouse, [envelope(state, seq=1)], "catalog")
    query = "SELECT title, price_minor, category, status FROM dim_product WHERE product_id = {p:UUID}"
    assert one(clickhouse, query, {"p": product}) == ("new", 300, ["Home", "Lamps"], "active")
    gone = ProductDeleted(product_id=product, sku="S1", seller_id=SELLERS[0])
    land(clickhouse, [envelope(gone, seq=3)], "catalog")
    assert one(clickhouse, query, {"p": product})[3] == "deleted"


def product_created(product: uuid.UUID, seller: uuid.UUID) -> ProductCreated:
    """A made-up product."""
    return ProductCreated(
        product_id=product, sku="S1", seller_id=seller, title="old", category_id=uuid.uuid4(),
        category=("Home", "Lamps"), price_minor=250, currency="GBP", product_version=1, created_at=START,
    )  # fmt: skip
